// Which houses are shown: verdicts, a finding, a township and words to search for.
import { ALL_VERDICTS, type Houses } from "./model";
import type { Named } from "./named";

export const ANY = -2;
export const SOME = -1;

export interface Filter {
  /** Bit i: verdict i is shown. */
  verdicts: number;
  /** Code of a finding in `findings.words.code`; ANY: all houses; SOME: houses with a finding. */
  finding: number;
  /** Place in the list of townships; ANY: all of them. */
  township: number;
  text: string;
}

export const everything = (): Filter => ({ verdicts: ALL_VERDICTS, finding: ANY, township: ANY, text: "" });
export const isEverything = (filter: Filter): boolean =>
  filter.verdicts === ALL_VERDICTS && filter.finding === ANY && filter.township === ANY && filter.text === "";

/** Whether house i takes in a finding of this code. */
function takes(houses: Houses, house: number, code: number): boolean {
  const { start, things } = houses.taken;
  if (code === SOME) return start[house + 1] > start[house];
  const codes = houses.findings.words["code"].codes;
  for (let at = start[house]; at < start[house + 1]; at++) if (codes[things["finding"][at]] === code) return true;
  return false;
}

/** One byte a house: 1 shown, 0 not; and how many are shown. */
export function apply(houses: Houses, filter: Filter, named: Named): { shown: Uint8Array; count: number } {
  const shown = new Uint8Array(houses.count);
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (let house = 0; house < houses.count; house++) {
    if (!((filter.verdicts >> houses.verdict[house]) & 1)) continue;
    if (filter.township !== ANY && houses.township.codes[house] !== filter.township) continue;
    if (filter.finding !== ANY && !takes(houses, house, filter.finding)) continue;
    if (words.length) {
      const text = named.searchable(house);
      if (!words.every((word) => text.includes(word))) continue;
    }
    shown[house] = 1;
    count++;
  }
  return { shown, count };
}
