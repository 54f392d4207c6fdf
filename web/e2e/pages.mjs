/** Every page in both sizes and both themes, full and failing: nothing sticks out, nothing complains, all says what to do. */
import assert from 'node:assert/strict';
import { listen } from './listen.mjs';

const kSizes = [
  { width: 1440, height: 900 },
  { width: 1024, height: 768 },
];
const kThemes = ['light', 'dark'];
/** Pages that need nothing of the server. */
const kStill = ['nowhere'];

/** The address of every page; detail pages with the newest thing of their kind. */
async function addresses(address) {
  const get = async (path) => (await fetch(`${address}/api/v1/${path}`)).json();
  const first = async (path, member) => (await get(path))[member][0];
  const pages = [
    '',
    'cycles',
    'samples',
    'queue',
    'modes',
    'labelling',
    'versions',
    'models',
    'gates',
    'monitor',
  ];
  pages.push('jobs', 'ledger', ...kStill);
  const details = [
    ['cycles', await first('cycles', 'cycles')],
    ['gates', await first('gates', 'reports')],
    ['models', await first('models', 'models')],
    ['modes', await first('modes?all=true', 'modes')],
    ['campaigns', await first('campaigns', 'campaigns')],
    ['batches', await first('batches', 'batches')],
  ];
  for (const [kind, thing] of details) {
    assert.ok(thing, `the project of the journeys has ${kind}`);
    pages.push(`${kind}/${thing.id}`);
  }
  const job = await first('jobs', 'jobs');
  const sample = await first('samples?limit=1', 'samples');
  const evaluation = await first('evaluations', 'evaluations');
  const looked = `model=${evaluation.model}&evaluation=${evaluation.id}`;
  pages.push(`jobs/${encodeURIComponent(job.name)}`);
  pages.push(`samples/${encodeURIComponent(sample.key)}?${looked}&at=0`);
  pages.push(`samples?${looked}&sort=mistakes`);
  return pages;
}

const settled = (page) =>
  page.waitForFunction(() => document.querySelector('h1') && !document.querySelector('[aria-busy="true"]'));

/** What sticks out of the window, or of a place that then scrolls sideways. */
const sticksOut = (page) =>
  page.evaluate(() => {
    const root = document.documentElement;
    const out =
      root.scrollWidth > root.clientWidth ? [`the page by ${root.scrollWidth - root.clientWidth} px`] : [];
    for (const element of document.querySelectorAll('body *')) {
      const sideways = ['auto', 'scroll'].includes(getComputedStyle(element).overflowX);
      if (sideways && element.tagName !== 'PRE' && element.scrollWidth > element.clientWidth + 1) {
        out.push(`${element.tagName.toLowerCase()}.${element.className}`);
      }
    }
    return out;
  });

async function inEach(browser, work) {
  for (const viewport of kSizes) {
    for (const colorScheme of kThemes) {
      const context = await browser.newContext({ viewport, colorScheme });
      try {
        await work(context, `${viewport.width} ${colorScheme}`);
      } finally {
        await context.close();
      }
    }
  }
}

async function failing(context, address, path, answer) {
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await page.route('**/api/v1/**', answer);
  await page.goto(`${address}/${path}`);
  const alert = page.getByRole('alert').first();
  await alert.waitFor().catch(() => {
    throw new Error(`/${path} does not say that the server fails`);
  });
  assert.match(await alert.innerText(), /spotter serve/, `/${path} says what to do`);
  await page.unroute('**/api/v1/**');
  // Each part that failed has its own button; all come back, some by themselves before they are asked.
  const again = page.getByRole('alert').first().getByRole('button', { name: 'Try again' });
  const deadline = Date.now() + 20_000;
  while ((await page.getByRole('alert').count()) > 0 && Date.now() < deadline) {
    await again.click({ timeout: 1_000 }).catch(() => undefined);
    await settled(page);
  }
  assert.equal(await page.getByRole('alert').count(), 0, `/${path} comes back when asked again`);
  await page.close();
}

export const everyPage = {
  'every page fits and does not complain, in both sizes and themes': async ({ address, browser, faults }) => {
    const pages = await addresses(address);
    await inEach(browser, async (context, name) => {
      const page = await context.newPage();
      listen(page, faults);
      for (const path of pages) {
        await page.goto(`${address}/${path}`);
        await settled(page).catch(() => {
          throw new Error(`/${path} at ${name} is never there`);
        });
        const out = await sticksOut(page);
        assert.deepEqual(out, [], `/${path} at ${name}: what sticks out`);
        assert.equal(
          await page.getByRole('alert').count(),
          0,
          `/${path} at ${name} says that something failed`,
        );
        assert.deepEqual(faults, [], `/${path} at ${name}`);
        const theme = await page.evaluate(() => document.documentElement.dataset.theme);
        assert.equal(theme, name.split(' ')[1]);
      }
    });
  },

  'a server that fails or is gone is told on every page, with what to do and a retry': async ({
    address,
    browser,
  }) => {
    const fault = { error: { code: 'internal', message: 'internal fault' } };
    const fails = (route) => route.fulfill({ status: 500, json: fault });
    const isGone = (route) => route.abort('connectionrefused');
    const pages = (await addresses(address)).filter((path) => !kStill.includes(path));
    const context = await browser.newContext({ viewport: kSizes[1] });
    // Several at a time: each waits for the retries that pages make by themselves.
    for (let i = 0; i < pages.length; i += 6) {
      await Promise.all(pages.slice(i, i + 6).map((path) => failing(context, address, path, fails)));
    }
    await failing(context, address, 'cycles', isGone);
    await context.close();
  },

  'every page can be used by keys alone': async ({ page, address }) => {
    await page.goto(`${address}/modes`);
    await settled(page);
    const outlined = () =>
      page.evaluate(() => {
        const style = getComputedStyle(document.activeElement);
        return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
      });
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the content');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    assert.ok(await outlined(), 'the row that J and K chose is outlined');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/modes\/mode_/);
    await page.getByRole('heading', { name: 'What was found' }).waitFor();
    for (let i = 0; i < 30; i += 1) {
      await page.keyboard.press('Tab');
      assert.ok(await outlined(), `what Tab reached is outlined, step ${i}`);
    }
    await page.keyboard.press('?');
    const help = page.getByRole('dialog', { name: 'Keyboard' });
    await help.getByText('Next finding').waitFor();
    await page.keyboard.press('Escape');
    await help.waitFor({ state: 'detached' });
  },
};
