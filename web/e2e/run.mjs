#!/usr/bin/env node
/**
 * Journeys through the pages in a real browser, against the real program and a real small project.
 * Usage: node e2e/run.mjs [--keep] [PART OF A NAME]   (SPOTTER_BUILD: folder of the program; SPOTTER_SHOTS: folder for screenshots)
 */
import { existsSync } from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';
import { journeys as ways } from './journeys.mjs';
import { everyPage } from './pages.mjs';
import { listen } from './listen.mjs';
import { makeProject } from './project.mjs';
import { serve } from './served.mjs';

const root = resolve(import.meta.dirname, '../..');
const build = resolve(process.env.SPOTTER_BUILD ?? join(root, 'build/release'));
const program = join(build, 'spotter');
const browserPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);

if (!browserPath) {
  console.log('no Chromium here: tools/setup.sh test installs it');
  process.exit(process.env.CI === 'true' ? 1 : 77);
}

// The pages are looked at first: the journeys change what they show.
const journeys = { ...everyPage, ...ways };

const folder = mkdtempSync(join(tmpdir(), 'spotter-e2e-'));
let passed = 0;
let failed = 0;
let server;
let browser;
try {
  const project = makeProject(program, folder);
  server = await serve(program, project.folder);
  browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox', '--disable-gpu'] });
  const wanted = process.argv.slice(2).find((word) => !word.startsWith('--')) ?? '';
  for (const [name, journey] of Object.entries(journeys)) {
    if (!name.includes(wanted)) continue;
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    const faults = [];
    listen(page, faults);
    try {
      await journey({ page, address: server.address, project, program, browser, faults });
      if (faults.length > 0) throw new Error(`the page complained: ${faults.join('\n')}`);
      passed += 1;
      console.log(`ok     ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED ${name}\n${error instanceof Error ? error.stack : error}`);
      if (process.env.SPOTTER_SHOTS) {
        await page.screenshot({
          path: join(process.env.SPOTTER_SHOTS, `failed-${name.replaceAll(' ', '-')}.png`),
        });
      }
    } finally {
      await page.close();
    }
  }
} catch (error) {
  failed += 1;
  console.log(error instanceof Error ? error.stack : error);
} finally {
  await browser?.close();
  await server?.stop();
  if (process.argv.includes('--keep')) console.log(`kept: ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exit(failed > 0 ? 1 : 0);
