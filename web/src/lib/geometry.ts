/** Geometry of pictures on screens. Boxes are [x1, y1, x2, y2] in pixels of the upright picture. */

export type Box = readonly [number, number, number, number];

export interface Size {
  width: number;
  height: number;
}

/** Where a picture lies in a frame, and how many screen pixels one of its pixels takes. */
export interface View {
  x: number;
  y: number;
  scale: number;
}

/** The whole picture in the middle of the frame, as large as it fits. */
export function contain(picture: Size, frame: Size): View {
  const scale = Math.min(frame.width / picture.width, frame.height / picture.height);
  return {
    x: (frame.width - picture.width * scale) / 2,
    y: (frame.height - picture.height * scale) / 2,
    scale,
  };
}

/** A part of the picture in the middle of the frame, as large as it fits; what lies around it is outside. */
export function containPart(part: Box, frame: Size): View {
  const width = part[2] - part[0];
  const height = part[3] - part[1];
  const scale = Math.min(frame.width / width, frame.height / height);
  return {
    x: (frame.width - width * scale) / 2 - part[0] * scale,
    y: (frame.height - height * scale) / 2 - part[1] * scale,
    scale,
  };
}

/** The middle of the picture filling the frame; what does not fit is cut off. */
export function cover(picture: Size, frame: Size): View {
  const scale = Math.max(frame.width / picture.width, frame.height / picture.height);
  return {
    x: (frame.width - picture.width * scale) / 2,
    y: (frame.height - picture.height * scale) / 2,
    scale,
  };
}

export function toFrame(box: Box, view: View): Box {
  return [
    view.x + box[0] * view.scale,
    view.y + box[1] * view.scale,
    view.x + box[2] * view.scale,
    view.y + box[3] * view.scale,
  ];
}

export function toBox(values: readonly number[]): Box {
  return [values[0] ?? 0, values[1] ?? 0, values[2] ?? 0, values[3] ?? 0];
}

export function area(box: Box): number {
  return Math.max(0, box[2] - box[0]) * Math.max(0, box[3] - box[1]);
}

/** The smallest box (by area) of those that hold the point, or -1. */
export function hit(boxes: readonly Box[], x: number, y: number): number {
  let best = -1;
  boxes.forEach((box, i) => {
    const inside = x >= box[0] && x <= box[2] && y >= box[1] && y <= box[3];
    const smaller = best < 0 || area(box) < area(boxes[best] ?? box);
    if (inside && smaller) best = i;
  });
  return best;
}

/** The shape of a tile for a picture, width by height: the picture's own, but neither a tower nor a ribbon. */
export function tileShape(picture: Size | undefined): number {
  return picture ? Math.min(2.4, Math.max(0.8, picture.width / picture.height)) : 1.5;
}
