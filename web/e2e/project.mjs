/**
 * A small real project, made by the commands that people use: pictures by day and by night, a model trained on days
 * and at work, then nights labelled, and a cycle that goes as far as the decision about the new model.
 */
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePng } from './png.mjs';

const kScenes = 24;
const kFrames = 3;
const kWidth = 192;
const kHeight = 120;

/** The same numbers on every machine. */
function dice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function picture(random, night) {
  const ground = night ? 14 : 44;
  const pixels = new Uint8Array(kWidth * kHeight);
  for (let i = 0; i < pixels.length; i += 1) {
    const y = Math.floor(i / kWidth);
    pixels[i] = ground + Math.round((y / kHeight) * 24 + random() * 6);
  }
  const objects = [];
  const count = 1 + Math.floor(random() * 3);
  for (let i = 0; i < count; i += 1) {
    const bar = random() < 0.4;
    const width = bar ? 48 : 18;
    const height = bar ? 12 : 18;
    const x = 8 + i * 60 + Math.floor(random() * 8);
    const y = 10 + Math.floor(random() * (kHeight - height - 20));
    const shade = (night ? 92 : 196) + Math.floor(random() * 40);
    for (let dy = 0; dy < height; dy += 1)
      pixels.fill(shade, (y + dy) * kWidth + x, (y + dy) * kWidth + x + width);
    objects.push({ id: String(i), class: bar ? 'bar' : 'square', box: [x, y, x + width, y + height] });
  }
  return { bytes: encodePng({ width: kWidth, height: kHeight, pixels }), objects };
}

/** Writes the pictures and two files: what is known at first (nights unlabelled), and the labels of the nights. */
function makePictures(folder) {
  const random = dice(7);
  mkdirSync(join(folder, 'images'), { recursive: true });
  for (let scene = 0; scene < kScenes; scene += 1) {
    const night = scene % 2 === 1;
    for (let frame = 0; frame < kFrames; frame += 1) {
      const { bytes, objects } = picture(random, night);
      const key = `scene ${String(scene).padStart(2, '0')}/${frame}`;
      const image = `images/${scene}-${frame}.png`;
      writeFileSync(join(folder, image), bytes);
      const row = {
        key,
        image,
        sequence: `scene ${String(scene).padStart(2, '0')}`,
        frame,
        captured_at: new Date(Date.UTC(2026, 9, 1 + scene, night ? 23 : 11, frame)).toISOString(),
        attributes: {
          light: night ? 'night' : 'day',
          lamps: objects.length,
          split: scene % 6 < 2 ? 'test' : 'train',
        },
      };
      appendFileSync(join(folder, 'first.jsonl'), `${JSON.stringify(night ? row : { ...row, objects })}\n`);
      if (night) appendFileSync(join(folder, 'nights.jsonl'), `${JSON.stringify({ ...row, objects })}\n`);
    }
  }
}

export function makeProject(program, folder) {
  const project = join(folder, 'lamps');
  const trainer = join(import.meta.dirname, 'trainer.mjs');
  const run = (...words) => {
    const done = spawnSync(program, [...words, '--json'], { cwd: project, encoding: 'utf8' });
    if (![0, 3].includes(done.status)) {
      throw new Error(`spotter ${words.join(' ')}: ${done.status}\n${done.stdout}\n${done.stderr}`);
    }
    return JSON.parse(done.stdout);
  };
  makePictures(folder);
  const made = spawnSync(program, ['init', project, '--classes', 'square,bar'], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(made.stderr);
  writeFileSync(join(project, 'spotter.yaml'), configuration(trainer));
  run('import', 'jsonl', join(folder, 'first.jsonl'));
  run('version', 'commit', '-m', 'Days only');
  run('train', '--version', 'v1', '--name', 'days');
  run('deploy', 'days', '--reason', 'the first model');
  run('flag', 'scene 01/0', '--reason', 'lamp at night not seen');
  run('import', 'jsonl', join(folder, 'nights.jsonl'));
  const cycle = run('cycle', 'run');
  run('batch', 'create', 'again', '--where', "light = 'day'");
  const report = run('gate', 'show');
  return { folder: project, report, cycle, run };
}

function configuration(trainer) {
  const words = (action, more) =>
    JSON.stringify([
      'node',
      trainer,
      action,
      '--data',
      '{data}',
      ...more,
      '--out',
      '{out}',
      '--config',
      '{config}',
    ]);
  return `name: lamps
task: detection
classes: [square, bar]
slices:
  - {name: night, where: "light = 'night'", must: win, weight: 3}
  - {name: day, where: "light = 'day'"}
train:
  command: ${words('train', [])}
  infer_command: ${words('infer', ['--model', '{model}'])}
gate:
  suspicious_gain: 1
`;
}
