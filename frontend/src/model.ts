// The judged houses as the page holds them: typed columns, no object a house.
import { Block, type Words } from "./columns";

export const VERDICTS = ["lawful", "can_be_regularised", "historic", "unlawful", "to_be_verified"] as const;

/** Colours told apart with any kind of colour vision (smallest difference ΔE 22), and darker ones for edges. */
export const FILLS = ["#3da08c", "#1f4e8c", "#a06cd5", "#b3260f", "#dd9a22"];
export const EDGES = ["#1f6a5b", "#123260", "#6a3d99", "#7a1506", "#8a5a00"];
export const ALL_VERDICTS = (1 << VERDICTS.length) - 1;

export type Lang = "zh" | "en";
export type Both = Record<Lang, string>;

export interface TownshipCount {
  code: string | null;
  houses: number;
  verdicts: number[];
  findings: number;
  page?: string;
  outline?: [number, number][];
}

export interface Head {
  mode: "houses" | "overview";
  lang: Lang;
  up?: string;
  title: Both;
  on: string;
  law: { name: string; version: string; sha256: string; title: Both; sample: boolean } | null;
  names: Record<string, Both>;
  limitPlaces: Record<string, Both>;
  citations: Record<string, Both>;
  words: Record<Lang, Record<string, string>>;
  /** Sentence of a finding, with {measured}, {limit}, {excess}. */
  messages: Record<string, Both>;
  files: { file: string; sheet: string; table: string }[];
  townships: TownshipCount[];
  findings: { code: string; subjects: number; houses: number }[];
  needs: { code: string; need: string; houses: number }[];
}

/** Several things for each owner: those of owner i are `things[…]` from `start[i]` to `start[i + 1]`. */
export interface Pairs {
  start: Uint32Array;
  things: Record<string, Int32Array>;
}

/** Outlines in EPSG:3857; ring r of shape i, for r from `first[i]` to `first[i + 1]`, is points `ring[r]` to `ring[r + 1]`. */
export interface Shapes {
  count: number;
  first: Uint32Array;
  ring: Uint32Array;
  x: Float64Array;
  y: Float64Array;
  /** West, south, east, north of each shape; NaN where it has no outline. */
  box: Float64Array;
}

const RADIUS = 6378137;
export const project = (lon: number, lat: number): [number, number] => [
  (RADIUS * lon * Math.PI) / 180,
  RADIUS * Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)),
];

function starts(counts: Float64Array): Uint32Array {
  const start = new Uint32Array(counts.length + 1);
  for (let row = 0; row < counts.length; row++) start[row + 1] = start[row] + counts[row];
  return start;
}

function pairs(block: Block, name: string, things: string[]): Pairs {
  return {
    start: starts(block.numbers(`${name}.count`)),
    things: Object.fromEntries(things.map((thing) => [thing, block.deltas(`${name}.${thing}`)])),
  };
}

function shapes(block: Block, name: string): Shapes {
  const first = starts(block.numbers(`${name}.rings`));
  const ring = starts(block.numbers(`${name}.points`));
  const lon = block.deltas(`${name}.x`);
  const lat = block.deltas(`${name}.y`);
  const x = new Float64Array(lon.length);
  const y = new Float64Array(lon.length);
  for (let at = 0; at < lon.length; at++) [x[at], y[at]] = project(lon[at] * 1e-7, lat[at] * 1e-7);
  const count = first.length - 1;
  const box = new Float64Array(4 * count).fill(NaN);
  for (let shape = 0; shape < count; shape++) {
    const from = ring[first[shape]];
    const to = ring[first[shape + 1]];
    if (from === to) continue;
    let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let at = from; at < to; at++) {
      if (x[at] < west) west = x[at];
      if (x[at] > east) east = x[at];
      if (y[at] < south) south = y[at];
      if (y[at] > north) north = y[at];
    }
    box.set([west, south, east, north], 4 * shape);
  }
  return { count, first, ring, x, y, box };
}

export interface Findings {
  count: number;
  words: Record<string, Words>;
  numbers: Record<string, Float64Array>;
}

export interface Houses {
  count: number;
  id: string[];
  household: string[];
  parcel: string[];
  place: string[];
  village: Words;
  township: Words;
  /** Position in VERDICTS. */
  verdict: Uint8Array;
  details: Record<string, Words>;
  numbers: Record<string, Float64Array>;
  land: Float64Array;
  findings: Findings;
  unknowns: { subject: Words; code: Words; needs: Words };
  taken: Pairs;
  waiting: Pairs;
  sources: Pairs;
  sourceTable: Words;
  drawn: Shapes;
  parcels: Shapes;
  zones: { kind: Words; shapes: Shapes };
}

const FINDING_WORDS = ["subject", "code", "effect", "unit", "parameter", "limit_division", "limit_from", "citation", "exception", "remedy", "zone"];
const FINDING_NUMBERS = ["measured", "limit", "excess", "scale", "verify"];

export function houses(block: Block): Houses {
  const verdict = block.words("house.verdict");
  const place = verdict.words.map((word) => Math.max(0, VERDICTS.indexOf(word as (typeof VERDICTS)[number])));
  const word = (name: string) => block.words(name);
  const from = <T>(names: string[], prefix: string, take: (name: string) => T): Record<string, T> =>
    Object.fromEntries(names.map((name) => [name, take(`${prefix}.${name}`)]));
  return {
    count: verdict.codes.length,
    id: block.texts("house.id"),
    household: block.texts("house.household"),
    parcel: block.texts("house.parcel"),
    place: block.texts("house.place"),
    village: word("house.village"),
    township: word("house.township"),
    verdict: Uint8Array.from(verdict.codes, (code) => place[code]),
    details: from(["use", "structure", "vacancy", "safety_grade", "proposal", "then"], "house", word),
    numbers: from(["built_year", "built_month", "storeys", "base_area_m2", "floor_area_m2"], "house", (name) => block.numbers(name)),
    land: block.numbers("house.land"),
    findings: {
      count: word("finding.code").codes.length,
      words: from(FINDING_WORDS, "finding", word),
      numbers: from(FINDING_NUMBERS, "finding", (name) => block.numbers(name)),
    },
    unknowns: { subject: word("unknown.subject"), code: word("unknown.code"), needs: word("unknown.needs") },
    taken: pairs(block, "taken", ["finding"]),
    waiting: pairs(block, "waiting", ["unknown"]),
    sources: pairs(block, "source", ["file", "row"]),
    sourceTable: word("source.table"),
    drawn: shapes(block, "drawn"),
    parcels: shapes(block, "land"),
    zones: { kind: word("zone.kind"), shapes: shapes(block, "zone") },
  };
}

export interface Villages {
  count: number;
  code: Words;
  township: Words;
  houses: Float64Array;
  findings: Float64Array;
  verdicts: Float64Array[];
  /** EPSG:3857; NaN where no house of the village has an outline. */
  x: Float64Array;
  y: Float64Array;
}

export function villages(block: Block): Villages {
  const lon = block.numbers("village.x");
  const lat = block.numbers("village.y");
  const at = Array.from(lon, (value, row) => project(value * 1e-7, lat[row] * 1e-7));
  return {
    count: lon.length,
    code: block.words("village.code"),
    township: block.words("village.township"),
    houses: block.numbers("village.houses"),
    findings: block.numbers("village.findings"),
    verdicts: VERDICTS.map((verdict) => block.numbers(`village.${verdict}`)),
    x: Float64Array.from(at, (point) => point[0]),
    y: Float64Array.from(at, (point) => point[1]),
  };
}

/** Word of a row, or null. */
export const wordAt = (column: Words, row: number): string | null => (column.codes[row] < 0 ? null : (column.words[column.codes[row]] ?? null));
