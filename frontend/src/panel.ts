// Why a house has its verdict, built from codes and figures.
import { h, swatch } from "./dom";
import { EDGES, FILLS, type Head, type Houses, VERDICTS, wordAt } from "./model";
import type { Named } from "./named";
import { figure, type Key, t } from "./words";

/** Effects, the gravest last: findings are told in the opposite order. */
const GRAVITY = ["none", "can_be_regularised", "historic", "unknown", "unlawful"];
const SUBJECTS: Record<string, Key> = { house: "house", parcel: "parcel", household: "household" };

export function explanation(head: Head, houses: Houses, named: Named, house: number): HTMLElement[] {
  const verdict = houses.verdict[house];
  const address = named.address(house);
  return [
    h("p", { class: "badge" }, swatch(FILLS[verdict], EDGES[verdict]), named.verdict(verdict)),
    h("h3", { class: "house-id", id: "panel-title", tabindex: -1 }, houses.id[house]),
    address ? h("p", { class: "address" }, address) : h("p", { class: "address" }, t("no_village")),
    h("p", { class: "why" }, t(`why_${VERDICTS[verdict]}`)),
    proposal(houses, named, house),
    ...section(t("findings"), findings(houses, named, house), h("p", { class: "quiet" }, t("no_findings"))),
    ...section(t("waiting"), waiting(houses, named, house)),
    facts(houses, named, house),
    ...section(t("sources"), sources(head, houses, house)),
  ];
}

/** What is proposed for the house as a whole; a proposal is no decision, and the words say so. */
function proposal(houses: Houses, named: Named, house: number): HTMLElement {
  const word = wordAt(houses.details["proposal"], house);
  const then = wordAt(houses.details["then"], house);
  const text = word === null ? t("unknown") : named.label(word) + (then === null ? "" : t("proposed_then", { then: named.label(then) }));
  return h("p", { class: "proposal" }, h("span", {}, t("proposed")), h("b", {}, text));
}

function section(title: string, items: HTMLElement[], otherwise?: HTMLElement): HTMLElement[] {
  if (!items.length && !otherwise) return [];
  return [h("h4", {}, title), ...(items.length ? [h("ul", { class: "cards" }, ...items)] : [otherwise!])];
}

function findings(houses: Houses, named: Named, house: number): HTMLElement[] {
  const { start, things } = houses.taken;
  const effects = houses.findings.words["effect"];
  const gravity = (finding: number): number => GRAVITY.indexOf(wordAt(effects, finding) ?? "");
  const found = Array.from(things["finding"].subarray(start[house], start[house + 1])).sort((a, b) => gravity(b) - gravity(a));
  return found.map((finding) => card(houses, named, house, finding));
}

function card(houses: Houses, named: Named, house: number, finding: number): HTMLElement {
  const { words } = houses.findings;
  const word = (name: string): string | null => wordAt(words[name], finding);
  const effect = word("effect");
  const place = VERDICTS.indexOf(effect as (typeof VERDICTS)[number]);
  const subject = word("subject") ?? "house";
  const number = subject === "parcel" ? houses.parcel[house] : subject === "household" ? houses.household[house] : "";
  const rows: [string, string][] = [[t("clause"), named.citation(word("citation"))]];
  const from = word("limit_from");
  if (word("zone")) rows.push([t("zone"), word("zone")!]);
  if (word("parameter") && !from) rows.push([t("limit"), named.label(word("parameter"))]);
  if (word("limit_division") && from) {
    const filled = { place: named.limitPlace(word("limit_division")), parameter: named.label(word("parameter")), from };
    rows.push([t("limit_from"), t("limit_words", filled)]);
  }
  if (word("exception")) rows.push([t("exception"), named.label(word("exception"))]);
  rows.push([t("subject"), [t(SUBJECTS[subject] ?? "house"), number].filter(Boolean).join(" ")]);
  const sentence = named.message(word("code"), spokenFigures(houses, named, finding));
  const remedies = named.labels(word("remedy"));
  if (remedies.length) rows.push([t("remedy"), remedies.join(t("list_separator"))]);
  return h(
    "li",
    { class: "card" },
    h("div", { class: "card-head" }, h("h5", {}, named.title(word("code"))), effectTag(named, effect, place)),
    sentence ? h("p", { class: "sentence" }, sentence) : null,
    figures(houses, named, finding),
    h("dl", {}, ...rows.filter(([, text]) => text).flatMap(([name, text]) => [h("dt", {}, name), h("dd", {}, text)])),
    houses.findings.numbers["verify"][finding] === 1 ? h("p", { class: "verify" }, t("verify")) : null,
  );
}

/** Measured, limit and excess as they are written in a sentence. */
function spokenFigures(houses: Houses, named: Named, finding: number): Record<string, string> {
  const { numbers, words } = houses.findings;
  const unit = wordAt(words["unit"], finding);
  const said = (name: string): string => {
    const value = numbers[name][finding];
    const text = Number.isNaN(value) ? "–" : figure(value, numbers["scale"][finding] || 1);
    return unit === null ? text : `${text}\u00a0${named.label(unit)}`;
  };
  return { measured: said("measured"), limit: said("limit"), excess: said("excess") };
}

function effectTag(named: Named, effect: string | null, place: number): HTMLElement {
  const tag = h("span", { class: "effect" }, named.title(effect));
  if (place >= 0) tag.prepend(swatch(FILLS[place], EDGES[place]));
  return tag;
}

/** Measured, limit and excess, and a bar that shows them; nothing where a finding has no figures. */
function figures(houses: Houses, named: Named, finding: number): HTMLElement | null {
  const { numbers, words } = houses.findings;
  const [measured, limit, excess] = ["measured", "limit", "excess"].map((name) => numbers[name][finding]);
  if (Number.isNaN(measured)) return null;
  const scale = numbers["scale"][finding] || 1;
  const unit = wordAt(words["unit"], finding);
  const shown = (value: number): string => `${figure(value, scale)} ${unit === null ? "" : named.label(unit)}`.trim();
  const below = measured < limit;
  const columns = [
    [t("measured"), shown(measured), ""],
    [t("limit"), Number.isNaN(limit) ? "–" : shown(limit), ""],
    [t(below ? "short_by" : "over_by"), Number.isNaN(excess) ? "–" : shown(excess), "strong"],
  ];
  return h(
    "div",
    { class: "figures" },
    h("div", { class: "triple" }, ...columns.map(([name, text, look]) => h("div", { class: look }, h("span", {}, name), h("b", {}, text)))),
    Number.isNaN(limit) ? null : bar(measured, limit),
  );
}

function bar(measured: number, limit: number): HTMLElement {
  const most = Math.max(measured, limit) || 1;
  const within = h("i", { class: "within" });
  const beyond = h("i", { class: "beyond" });
  within.style.width = `${(100 * Math.min(measured, limit)) / most}%`;
  beyond.style.width = `${(100 * Math.abs(measured - limit)) / most}%`;
  if (measured < limit) beyond.classList.add("missing");
  return h("div", { class: "bar", "aria-hidden": "true" }, within, beyond);
}

function waiting(houses: Houses, named: Named, house: number): HTMLElement[] {
  const { start, things } = houses.waiting;
  return Array.from(things["unknown"].subarray(start[house], start[house + 1]), (unknown) =>
    h(
      "li",
      { class: "card open" },
      h("h5", {}, named.title(wordAt(houses.unknowns.code, unknown))),
      h("p", {}, t("needs") + named.labels(wordAt(houses.unknowns.needs, unknown)).join(t("list_separator"))),
    ),
  );
}

function facts(houses: Houses, named: Named, house: number): HTMLElement {
  const number = (name: string): number => houses.numbers[name][house];
  const word = (name: string): string | null => wordAt(houses.details[name], house);
  const [year, month] = [number("built_year"), number("built_month")];
  const rows: [string, string | null][] = [
    [t("built"), Number.isNaN(year) ? null : Number.isNaN(month) ? t("year", { year }) : t("year_month", { year, month: String(month).padStart(2, "0") })],
    [t("storeys"), Number.isNaN(number("storeys")) ? null : String(number("storeys"))],
    [t("use"), word("use") && named.label(word("use"))],
    [t("structure"), word("structure") && named.label(word("structure"))],
    [t("base_area"), Number.isNaN(number("base_area_m2")) ? null : `${figure(number("base_area_m2"), 100)} ㎡`],
    [t("floor_area"), Number.isNaN(number("floor_area_m2")) ? null : `${figure(number("floor_area_m2"), 100)} ㎡`],
    [t("vacancy"), word("vacancy") && named.label(word("vacancy"))],
    [t("safety_grade"), word("safety_grade") && named.label(word("safety_grade"))],
    [t("parcel"), houses.parcel[house] || null],
    [t("household"), houses.household[house] || null],
  ];
  const cells = rows.flatMap(([name, text]) => [h("dt", {}, name), h("dd", text ? {} : { class: "quiet" }, text ?? t("unknown"))]);
  return h("dl", { class: "facts" }, ...cells);
}

function sources(head: Head, houses: Houses, house: number): HTMLElement[] {
  const { start, things } = houses.sources;
  const items: HTMLElement[] = [];
  for (let at = start[house]; at < start[house + 1]; at++) {
    const file = head.files[things["file"][at]];
    if (!file) continue;
    const table = wordAt(houses.sourceTable, at) ?? "house";
    const layered = /\.(shp|gpkg|geojson|json|parquet)$/i.test(file.file);
    const where = [file.file, file.sheet, t(layered ? "layer_row" : "row", { row: things["row"][at] })].filter(Boolean).join(" › ");
    items.push(h("li", { class: "source" }, h("span", {}, t(`table_${table}` as Key)), h("span", {}, where)));
  }
  return items;
}
