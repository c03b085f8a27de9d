// Draws tens of thousands of outlines from typed arrays on one canvas: no object a house, no style function.
import type { Shapes } from "./model";

/** What of the world a canvas shows. */
export interface Frame {
  context: CanvasRenderingContext2D;
  width: number;
  height: number;
  /** Map units a canvas pixel. */
  resolution: number;
  west: number;
  north: number;
  /** Canvas pixels a CSS pixel. */
  ratio: number;
}

export function frame(canvas: HTMLCanvasElement, size: number[], centre: number[], resolution: number, ratio: number): Frame | null {
  const width = Math.round(size[0] * ratio);
  const height = Math.round(size[1] * ratio);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = canvas.getContext("2d");
  if (!context) return null;
  context.clearRect(0, 0, width, height);
  const unit = resolution / ratio;
  return { context, width, height, resolution: unit, west: centre[0] - (width / 2) * unit, north: centre[1] + (height / 2) * unit, ratio };
}

/** Numbers of the shapes whose box meets the frame, in their order. */
export function inFrame(shapes: Shapes, view: Frame, margin = 0): Int32Array {
  const west = view.west - margin * view.resolution;
  const east = view.west + (view.width + margin) * view.resolution;
  const north = view.north + margin * view.resolution;
  const south = view.north - (view.height + margin) * view.resolution;
  const seen = new Int32Array(shapes.count);
  let count = 0;
  const { box } = shapes;
  for (let shape = 0, at = 0; shape < shapes.count; shape++, at += 4) {
    if (box[at] <= east && box[at + 2] >= west && box[at + 1] <= north && box[at + 3] >= south) seen[count++] = shape;
  }
  return seen.subarray(0, count);
}

/** Adds a shape's rings to the current path. Shells and holes run in opposite ways, so filling by winding leaves the holes. */
export function trace(shapes: Shapes, shape: number, view: Frame): void {
  const { context, west, north } = view;
  const { x, y, ring } = shapes;
  const scale = 1 / view.resolution;
  for (let at = shapes.first[shape]; at < shapes.first[shape + 1]; at++) {
    const from = ring[at];
    const to = ring[at + 1];
    context.moveTo((x[from] - west) * scale, (north - y[from]) * scale);
    for (let point = from + 1; point < to; point++) context.lineTo((x[point] - west) * scale, (north - y[point]) * scale);
    context.closePath();
  }
}

/** A square dot of so many CSS pixels in the middle of a shape, for shapes too small to be seen. */
export function dot(shapes: Shapes, shape: number, view: Frame, size: number): void {
  const at = 4 * shape;
  const side = size * view.ratio;
  const x = ((shapes.box[at] + shapes.box[at + 2]) / 2 - view.west) / view.resolution;
  const y = (view.north - (shapes.box[at + 1] + shapes.box[at + 3]) / 2) / view.resolution;
  view.context.fillRect(x - side / 2, y - side / 2, side, side);
}

/** The shape under a point of the map, the last drawn first; or the nearest one within `reach` map units; -1 where there is none. */
export function hit(shapes: Shapes, px: number, py: number, reach: number, allowed: (shape: number) => boolean): number {
  let nearest = -1;
  let least = reach * reach;
  const { box } = shapes;
  for (let shape = shapes.count - 1; shape >= 0; shape--) {
    const at = 4 * shape;
    const dx = Math.max(box[at] - px, 0, px - box[at + 2]);
    const dy = Math.max(box[at + 1] - py, 0, py - box[at + 3]);
    const distance = dx * dx + dy * dy;
    if (!(distance <= least) || !allowed(shape)) continue;
    if (distance === 0 && inside(shapes, shape, px, py)) return shape;
    if (distance < least || nearest < 0) [nearest, least] = [shape, distance];
  }
  return nearest;
}

function inside(shapes: Shapes, shape: number, px: number, py: number): boolean {
  let odd = false;
  const { x, y, ring } = shapes;
  for (let at = shapes.first[shape]; at < shapes.first[shape + 1]; at++) {
    for (let a = ring[at], b = ring[at + 1] - 1; a < ring[at + 1]; b = a++) {
      if (y[a] > py !== y[b] > py && px < ((x[b] - x[a]) * (py - y[a])) / (y[b] - y[a]) + x[a]) odd = !odd;
    }
  }
  return odd;
}

/** Text with a pale edge, so that it can be read on anything. */
export function caption(view: Frame, text: string, x: number, y: number, size: number, colour: string): void {
  const { context } = view;
  context.font = `${size * view.ratio}px system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 3 * view.ratio;
  context.strokeStyle = "rgba(250, 251, 252, 0.92)";
  context.strokeText(text, x, y);
  context.fillStyle = colour;
  context.fillText(text, x, y);
}

/** Keeps captions apart: says whether a place is still free, and takes it. */
export class Places {
  private readonly taken: number[][] = [];

  take(x: number, y: number, width: number, height: number): boolean {
    const free = this.taken.every(([ox, oy, ow, oh]) => Math.abs(x - ox) > (width + ow) / 2 || Math.abs(y - oy) > (height + oh) / 2);
    if (free) this.taken.push([x, y, width, height]);
    return free;
  }
}
