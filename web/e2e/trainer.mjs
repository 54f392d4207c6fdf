#!/usr/bin/env node
/**
 * A trainer of one number, by the folder contract (docs/internals/trainer.md): it learns from the labels how bright
 * an object is at least, and finds connected regions that are brighter. Trained on days, it misses what is dim at night.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodePng } from './png.mjs';

const kMargin = 12;
const [action, ...words] = process.argv.slice(2);
const options = {};
for (let i = 0; i < words.length; i += 2) options[words[i].replace('--', '')] = words[i + 1];

const rows = (file) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

function finish(values) {
  const path = join(options.out, 'done.json');
  writeFileSync(
    `${path}.partial`,
    JSON.stringify({ seconds: 0.1, cpu_seconds: process.cpuUsage().user / 1e6, ...values }),
  );
  renameSync(`${path}.partial`, path);
}

function brightness(image, [x1, y1, x2, y2]) {
  const x = Math.floor((x1 + x2) / 2);
  const y = Math.floor((y1 + y2) / 2);
  return image.pixels[y * image.width + x];
}

/** Boxes of the connected regions that are at least so bright, with their mean brightness. */
function regions(image, level) {
  const seen = new Uint8Array(image.pixels.length);
  const found = [];
  for (let start = 0; start < image.pixels.length; start += 1) {
    if (seen[start] || image.pixels[start] < level) continue;
    const stack = [start];
    const box = [image.width, image.height, 0, 0];
    let sum = 0;
    let count = 0;
    seen[start] = 1;
    while (stack.length > 0) {
      const at = stack.pop();
      const x = at % image.width;
      const y = Math.floor(at / image.width);
      sum += image.pixels[at];
      count += 1;
      box[0] = Math.min(box[0], x);
      box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], x + 1);
      box[3] = Math.max(box[3], y + 1);
      for (const [nx, ny] of [
        [x - 1, y],
        [x + 1, y],
        [x, y - 1],
        [x, y + 1],
      ]) {
        const next = ny * image.width + nx;
        const inside = nx >= 0 && ny >= 0 && nx < image.width && ny < image.height;
        if (inside && !seen[next] && image.pixels[next] >= level) {
          seen[next] = 1;
          stack.push(next);
        }
      }
    }
    if (count >= 12) found.push({ box, mean: sum / count });
  }
  return found;
}

mkdirSync(options.out, { recursive: true });
if (action === 'train') {
  const config = JSON.parse(readFileSync(options.config, 'utf8'));
  let level = 255;
  let total = 0;
  for (const row of rows(options.data)) {
    const image = decodePng(readFileSync(row.path));
    for (const object of row.objects ?? []) level = Math.min(level, brightness(image, object.box));
    total += (row.objects ?? []).length;
  }
  const model = {
    runtime: 'command',
    program: 'trainer.mjs',
    task: 'detection',
    classes: config.classes,
    seed: config.seed,
    files: ['level.json'],
  };
  writeFileSync(join(options.out, 'level.json'), JSON.stringify({ level: level - kMargin }));
  writeFileSync(join(options.out, 'model.json'), JSON.stringify(model));
  writeFileSync(join(options.out, 'metrics.jsonl'), `${JSON.stringify({ step: 1, loss: 0 })}\n`);
  finish({ steps: 1, metrics: { objects: total } });
} else {
  const { level } = JSON.parse(readFileSync(join(options.model, 'level.json'), 'utf8'));
  const lines = rows(options.data).map((row) => {
    const image = decodePng(readFileSync(row.path));
    const predictions = regions(image, level).map(({ box, mean }) => ({
      class: box[2] - box[0] > 2 * (box[3] - box[1]) ? 'bar' : 'square',
      score: Math.min(0.99, 0.5 + (mean - level) / 250),
      box,
    }));
    return JSON.stringify({ key: row.key, predictions });
  });
  writeFileSync(join(options.out, 'predictions.jsonl'), lines.map((line) => `${line}\n`).join(''));
  finish({ count: lines.length });
}
