// The map of houses: what is drawn at which scale.
import { caption, dot, type Frame, inFrame, Places, trace } from "./canvas";
import { EDGES, FILLS, type Houses, VERDICTS } from "./model";
import type { Named } from "./named";
import { spoken } from "./words";

const DIMMED = "#c3cad2";
const INK = "#14202b";
/** Drawn last, so that what needs attention lies on top. */
const ORDER = [0, 1, 2, 4, 3];
const SMALL = 3;
/** A sign on large houses: the verdict without its colour. */
const SIGNS = { zh: ["合", "补", "史", "违", "核"], en: ["L", "R", "H", "U", "?"] };

export interface Label {
  text: () => string;
  x: number;
  y: number;
  weight: number;
}

/** Where the name of each village and township is written: in the middle of its houses. */
export function labels(houses: Houses, named: Named): { villages: Label[]; townships: Label[] } {
  const gather = (codes: Int32Array, name: (house: number) => string): Label[] => {
    const sums = new Map<number, { x: number; y: number; n: number; house: number }>();
    const { box } = houses.drawn;
    for (let house = 0; house < houses.count; house++) {
      if (codes[house] < 0 || Number.isNaN(box[4 * house])) continue;
      const sum = sums.get(codes[house]) ?? { x: 0, y: 0, n: 0, house };
      sum.x += box[4 * house];
      sum.y += box[4 * house + 3];
      sum.n++;
      sums.set(codes[house], sum);
    }
    return [...sums.values()].map(({ x, y, n, house }) => ({ text: () => name(house), x: x / n, y: y / n, weight: n })).sort((a, b) => b.weight - a.weight);
  };
  return {
    villages: gather(houses.village.codes, (house) => named.villageOf(house)),
    townships: gather(houses.township.codes, (house) => named.townshipOf(house)),
  };
}

export interface Shown {
  houses: Houses;
  shown: Uint8Array;
  selected: number;
  villages: Label[];
  townships: Label[];
}

export function drawHouses(view: Frame, given: Shown): void {
  const { houses, shown } = given;
  const pixel = view.resolution * view.ratio;
  if (pixel < 2.2) drawParcels(view, given);
  const seen = inFrame(houses.drawn, view, 4);
  const groups: number[][] = VERDICTS.map(() => []);
  const dimmed: number[] = [];
  for (const house of seen) (shown[house] ? groups[houses.verdict[house]] : dimmed).push(house);
  fillGroup(view, houses, dimmed, DIMMED, null, 1.6);
  for (const verdict of ORDER) fillGroup(view, houses, groups[verdict], FILLS[verdict], EDGES[verdict], verdict === 3 ? 3 : 2.4);
  if (pixel < 0.32) drawSigns(view, houses, seen, shown);
  if (given.selected >= 0) drawSelected(view, given);
  drawLabels(view, given, pixel);
}

function drawParcels(view: Frame, { houses }: Shown): void {
  const { context } = view;
  context.beginPath();
  for (const parcel of inFrame(houses.parcels, view)) trace(houses.parcels, parcel, view);
  context.fillStyle = "rgba(255, 255, 255, 0.55)";
  context.fill();
  context.strokeStyle = "#b7c0ca";
  context.lineWidth = 0.8 * view.ratio;
  context.stroke();
}

function fillGroup(view: Frame, houses: Houses, group: number[], fill: string, edge: string | null, size: number): void {
  const { context } = view;
  const { box } = houses.drawn;
  const small = SMALL * view.ratio * view.resolution;
  let drawn = 0;
  context.fillStyle = fill;
  context.beginPath();
  for (const house of group) {
    const at = 4 * house;
    if (box[at + 2] - box[at] < small && box[at + 3] - box[at + 1] < small) dot(houses.drawn, house, view, size);
    else {
      trace(houses.drawn, house, view);
      drawn++;
    }
  }
  if (!drawn) return;
  context.fill();
  if (edge === null || view.resolution * view.ratio > 1.4) return;
  context.strokeStyle = edge;
  context.lineWidth = 1 * view.ratio;
  context.stroke();
}

function drawSigns(view: Frame, houses: Houses, seen: Int32Array, shown: Uint8Array): void {
  const { context } = view;
  context.font = `600 ${12 * view.ratio}px system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const { box } = houses.drawn;
  for (const house of seen) {
    if (!shown[house]) continue;
    const at = 4 * house;
    if ((box[at + 2] - box[at]) / view.resolution < 20 * view.ratio) continue;
    context.fillStyle = houses.verdict[house] === 4 ? INK : "#ffffff";
    const x = ((box[at] + box[at + 2]) / 2 - view.west) / view.resolution;
    const y = (view.north - (box[at + 1] + box[at + 3]) / 2) / view.resolution;
    context.fillText(SIGNS[spoken()][houses.verdict[house]], x, y);
  }
}

function drawSelected(view: Frame, { houses, selected }: Shown): void {
  const { context, ratio } = view;
  const land = houses.land[selected];
  if (!Number.isNaN(land)) {
    context.beginPath();
    trace(houses.parcels, land, view);
    context.setLineDash([5 * ratio, 3 * ratio]);
    context.strokeStyle = "#33506b";
    context.lineWidth = 1.6 * ratio;
    context.stroke();
    context.setLineDash([]);
  }
  const at = 4 * selected;
  const { box } = houses.drawn;
  if (Number.isNaN(box[at])) return;
  context.beginPath();
  trace(houses.drawn, selected, view);
  context.lineJoin = "round";
  context.strokeStyle = "#ffffff";
  context.lineWidth = 6 * ratio;
  context.stroke();
  context.strokeStyle = INK;
  context.lineWidth = 2.5 * ratio;
  context.stroke();
  const x = ((box[at] + box[at + 2]) / 2 - view.west) / view.resolution;
  const y = (view.north - (box[at + 1] + box[at + 3]) / 2) / view.resolution;
  if ((box[at + 2] - box[at]) / view.resolution > 24 * ratio) return;
  context.beginPath();
  context.arc(x, y, 13 * ratio, 0, 2 * Math.PI);
  context.stroke();
}

function drawLabels(view: Frame, { villages, townships }: Shown, pixel: number): void {
  const places = new Places();
  const write = (labels: Label[], size: number, colour: string): void => {
    for (const label of labels) {
      const x = (label.x - view.west) / view.resolution;
      const y = (view.north - label.y) / view.resolution;
      if (x < 0 || y < 0 || x > view.width || y > view.height) continue;
      const text = label.text();
      const width = (text.length + 1) * size * view.ratio;
      if (places.take(x, y, width, size * 1.8 * view.ratio)) caption(view, text, x, y, size, colour);
    }
  };
  if (pixel > 14) write(townships, 15, "#26394c");
  if (pixel > 1.2 && pixel <= 45) write(villages, 12.5, "#4a5a6a");
}
