// The map of houses: what is drawn at which scale.
import { chartRadius, drawChart } from "./chart";
import { caption, dot, type Frame, inFrame, Places, trace } from "./canvas";
import { EDGES, FILLS, type Houses, VERDICTS, wordAt } from "./model";
import type { Named } from "./named";
import { spoken } from "./words";

const DIMMED = "#c3cad2";
const INK = "#14202b";
/** Drawn last, so that what needs attention lies on top. */
const ORDER = [0, 1, 2, 4, 3];
const SMALL = 5;
const BATCH = 48;
/** A sign on large houses: the verdict without its colour. */
const SIGNS = { zh: ["合", "补", "史", "违", "核"], en: ["L", "R", "H", "U", "?"] };

/** Map units a pixel above which villages are charts: a house would be less than a pixel there. */
const CHARTS = 15;
const ZONES: Record<string, string> = {
  permanent_basic_farmland: "rgba(214, 205, 120, 0.30)",
  ecological_red_line: "rgba(205, 130, 130, 0.22)",
  plan_class: "rgba(160, 140, 175, 0.22)",
  hazard: "rgba(190, 140, 95, 0.28)",
  water_source: "rgba(110, 180, 205, 0.28)",
  river_range: "rgba(140, 185, 220, 0.45)",
  road: "rgba(150, 158, 168, 0.55)",
};

/** A village or township: its name, the middle of its houses, and its houses that are drawn. */
export interface Label {
  text: () => string;
  x: number;
  y: number;
  houses: number[];
}

/** Villages and townships by their houses, most houses first. Houses without a village form one by township. */
export function labels(houses: Houses, named: Named): { villages: Label[]; townships: Label[] } {
  const gather = (codeOf: (house: number) => number, name: (house: number) => string): Label[] => {
    const sums = new Map<number, { x: number; y: number; houses: number[] }>();
    const { box } = houses.drawn;
    for (let house = 0; house < houses.count; house++) {
      if (Number.isNaN(box[4 * house])) continue;
      const code = codeOf(house);
      const sum = sums.get(code) ?? { x: 0, y: 0, houses: [] };
      sum.x += box[4 * house];
      sum.y += box[4 * house + 3];
      sum.houses.push(house);
      sums.set(code, sum);
    }
    return [...sums.values()]
      .map(({ x, y, houses: own }) => ({ text: () => name(own[0]), x: x / own.length, y: y / own.length, houses: own }))
      .sort((a, b) => b.houses.length - a.houses.length);
  };
  const village = houses.village.codes;
  const township = houses.township.codes;
  if (!houses.village.words.length) return { villages: [], townships: [] };
  return {
    // Codes below zero: the township's houses whose village is not known.
    villages: gather(
      (house) => (village[house] < 0 ? -2 - township[house] : village[house]),
      (house) => (village[house] < 0 ? named.townshipOf(house) : named.villageOf(house)),
    ),
    townships: gather(
      (house) => township[house],
      (house) => named.townshipOf(house),
    ),
  };
}

export interface Shown {
  houses: Houses;
  shown: Uint8Array;
  selected: number;
  villages: Label[];
  townships: Label[];
  /** Kinds of zones that are drawn. */
  zones: ReadonlySet<string>;
}

const FOUND_IN: Record<string, string> = {
  on_farmland: "permanent_basic_farmland",
  in_red_line: "ecological_red_line",
  in_river_range: "river_range",
  in_road_strip: "road",
  in_hazard_zone: "hazard",
  in_water_source: "water_source",
  in_no_build_area: "plan_class",
};

/** Kinds of zones that a house's findings are about. */
export function zonesOf(houses: Houses, house: number): string[] {
  const { start, things } = houses.taken;
  const codes = houses.findings.words["code"];
  const found = Array.from(things["finding"].subarray(start[house], start[house + 1]), (finding) => wordAt(codes, finding) ?? "");
  return found.map((code) => FOUND_IN[code]).filter((kind): kind is string => kind !== undefined);
}

export const zoneColour = (kind: string): string => ZONES[kind] ?? "rgba(150, 158, 168, 0.3)";

export function drawHouses(view: Frame, given: Shown): void {
  const { houses, shown } = given;
  const pixel = view.resolution * view.ratio;
  drawZones(view, given);
  if (pixel > CHARTS && given.villages.length) {
    drawCharts(view, given, pixel);
    return;
  }
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

function drawZones(view: Frame, { houses, zones }: Shown): void {
  const { kind, shapes } = houses.zones;
  const seen = inFrame(shapes, view);
  for (const wanted of Object.keys(ZONES)) {
    const code = kind.words.indexOf(wanted);
    if (code < 0 || !zones.has(wanted)) continue;
    view.context.beginPath();
    for (const zone of seen) if (kind.codes[zone] === code) trace(shapes, zone, view);
    view.context.fillStyle = zoneColour(wanted);
    view.context.fill();
  }
}

function drawCharts(view: Frame, given: Shown, pixel: number): void {
  const { houses, shown } = given;
  const places = new Places();
  const spots: { label: Label; x: number; y: number; radius: number }[] = [];
  for (const label of given.villages) {
    const x = (label.x - view.west) / view.resolution;
    const y = (view.north - label.y) / view.resolution;
    if (x < -60 || y < -60 || x > view.width + 60 || y > view.height + 60) continue;
    const counts = VERDICTS.map(() => 0);
    for (const house of label.houses) if (shown[house]) counts[houses.verdict[house]]++;
    const all = counts.reduce((sum, count) => sum + count, 0);
    if (!all) continue;
    const radius = chartRadius(all, pixel) * view.ratio;
    drawChart(view, counts, x, y, radius, given.selected >= 0 && label.houses.includes(given.selected));
    places.take(x, y, 1.6 * radius, 1.6 * radius);
    spots.push({ label, x, y, radius });
  }
  const size = pixel > 40 ? 11.5 : 12.5;
  for (const { label, x, y, radius } of spots) {
    const text = label.text();
    const below = y + radius + 9 * view.ratio;
    if (places.take(x, below, (text.length + 1) * size * view.ratio, 16 * view.ratio)) caption(view, text, x, below, size, "#3d4d5d");
  }
}

/** The village whose chart lies at a point of the map; null where there is none, or where houses are drawn. */
export function chartAt(given: Shown, x: number, y: number, pixel: number): Label | null {
  if (pixel <= CHARTS) return null;
  let [found, least]: [Label | null, number] = [null, Infinity];
  for (const label of given.villages) {
    const distance = Math.hypot(label.x - x, label.y - y) / pixel;
    if (distance < chartRadius(label.houses.length, pixel) + 5 && distance < least) [found, least] = [label, distance];
  }
  return found;
}

function drawParcels(view: Frame, { houses }: Shown): void {
  const { context } = view;
  context.fillStyle = "rgba(255, 255, 255, 0.55)";
  context.strokeStyle = "#b7c0ca";
  context.lineWidth = 0.8 * view.ratio;
  inBatches(inFrame(houses.parcels, view), (batch) => {
    context.beginPath();
    for (const parcel of batch) trace(houses.parcels, parcel, view);
    context.fill();
    context.stroke();
  });
}

function fillGroup(view: Frame, houses: Houses, group: number[], fill: string, edge: string | null, size: number): void {
  const { context } = view;
  const { box } = houses.drawn;
  const small = SMALL * view.ratio * view.resolution;
  const large: number[] = [];
  context.fillStyle = fill;
  for (const house of group) {
    const at = 4 * house;
    const side = Math.max(box[at + 2] - box[at], box[at + 3] - box[at + 1]);
    if (side < small) dot(houses.drawn, house, view, Math.max(size, (0.8 * side) / (view.resolution * view.ratio)));
    else large.push(house);
  }
  context.strokeStyle = edge ?? fill;
  context.lineWidth = 1 * view.ratio;
  const edged = edge !== null && view.resolution * view.ratio < 1.4;
  inBatches(large, (batch) => {
    context.beginPath();
    for (const house of batch) trace(houses.drawn, house, view);
    context.fill();
    if (edged) context.stroke();
  });
}

/** A path of thousands of rings is filled many times slower than the same rings in short paths. */
function inBatches(shapes: ArrayLike<number>, draw: (batch: number[]) => void): void {
  const all = Array.from(shapes);
  for (let start = 0; start < all.length; start += BATCH) draw(all.slice(start, start + BATCH));
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
  if (pixel > 8) write(townships, 15, "#26394c");
  if (pixel > 1.2) write(villages, 12.5, "#3d4d5d");
}
