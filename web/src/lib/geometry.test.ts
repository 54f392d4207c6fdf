import { expect, test } from 'vitest';
import { contain, containPart, cover, hit, toFrame, tileShape, type Box } from './geometry';

test('contain centres and never cuts', () => {
  expect(contain({ width: 200, height: 100 }, { width: 100, height: 100 })).toEqual({
    x: 0,
    y: 25,
    scale: 0.5,
  });
});

test('cover fills and cuts evenly', () => {
  expect(cover({ width: 200, height: 100 }, { width: 100, height: 100 })).toEqual({ x: -50, y: 0, scale: 1 });
});

test('a box follows its picture', () => {
  expect(toFrame([10, 20, 30, 40], { x: 5, y: 0, scale: 2 })).toEqual([25, 40, 65, 80]);
});

test('the smallest box under the pointer is meant', () => {
  const boxes: Box[] = [
    [0, 0, 100, 100],
    [10, 10, 20, 20],
  ];
  expect(hit(boxes, 15, 15)).toBe(1);
  expect(hit(boxes, 50, 50)).toBe(0);
  expect(hit(boxes, 150, 50)).toBe(-1);
});

test('a part fills the frame', () => {
  const view = containPart([50, 20, 150, 70], { width: 400, height: 200 });
  expect(view).toEqual({ x: -200, y: -80, scale: 4 });
  expect(toFrame([50, 20, 150, 70], view)).toEqual([0, 0, 400, 200]);
});

test('tiles have the shape of their picture, within reason', () => {
  expect(tileShape({ width: 256, height: 160 })).toBe(1.6);
  expect(tileShape({ width: 100, height: 900 })).toBe(0.8);
  expect(tileShape(undefined)).toBe(1.5);
});
