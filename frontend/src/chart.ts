// A round chart of the verdicts of a village.
import type { Frame } from "./canvas";
import { FILLS } from "./model";

/** Radius in CSS pixels at a scale: by the number of houses, smaller when far away. */
export function chartRadius(houses: number, pixel: number): number {
  const far = Math.min(1, 70 / pixel);
  return Math.max(6, Math.sqrt(houses) * Math.max(0.55, far));
}

export function drawChart(view: Frame, counts: number[], x: number, y: number, radius: number, chosen: boolean): void {
  const { context } = view;
  const all = counts.reduce((sum, count) => sum + count, 0);
  let angle = -Math.PI / 2;
  counts.forEach((count, verdict) => {
    const part = (2 * Math.PI * count) / all;
    if (!part) return;
    context.beginPath();
    context.moveTo(x, y);
    context.arc(x, y, radius, angle, angle + part);
    context.fillStyle = FILLS[verdict];
    context.fill();
    angle += part;
  });
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.strokeStyle = chosen ? "#14202b" : "#ffffff";
  context.lineWidth = (chosen ? 3 : 1.5) * view.ratio;
  context.stroke();
}
