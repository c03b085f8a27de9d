// Numbers: verdicts at a glance, townships, findings, and what is missing.
import { h, swatch } from "./dom";
import { EDGES, FILLS, type Head, VERDICTS } from "./model";
import type { Named } from "./named";
import { percent, t, whole } from "./words";

/** Houses of each verdict. */
export function totals(head: Head): number[] {
  return VERDICTS.map((_, verdict) => head.townships.reduce((sum, township) => sum + township.verdicts[verdict], 0));
}

export const allHouses = (head: Head): number => head.townships.reduce((sum, township) => sum + township.houses, 0);

function stack(counts: number[], of: number): HTMLElement {
  const line = h("div", { class: "stack", "aria-hidden": "true" });
  counts.forEach((count, verdict) => {
    if (!count) return;
    const part = h("i");
    part.style.width = `${(100 * count) / of}%`;
    part.style.background = FILLS[verdict];
    line.append(part);
  });
  return line;
}

/** The verdicts at a glance; a tile filters where `choose` is given. */
export function summary(head: Head, named: Named, choose?: (verdict: number) => void): HTMLElement {
  const counts = totals(head);
  const all = allHouses(head);
  const tiles = counts.map((count, verdict) => {
    const inside = [
      h("span", { class: "tile-name" }, swatch(FILLS[verdict], EDGES[verdict]), named.verdict(verdict)),
      h("b", {}, whole(count)),
      h("span", { class: "quiet" }, percent(count, all)),
    ];
    return choose
      ? h("button", { type: "button", class: "tile", "data-verdict": verdict, onclick: () => choose(verdict) }, ...inside)
      : h("div", { class: "tile" }, ...inside);
  });
  return h(
    "section",
    { class: "summary", "aria-label": t("summary") },
    h("div", { class: "all" }, h("b", {}, whole(all)), h("span", {}, t("houses"))),
    h("div", { class: "tiles" }, ...tiles),
    all ? stack(counts, all) : null,
  );
}

interface Column {
  head: string;
  numeric?: boolean;
}

function table(caption: string, columns: Column[], rows: (Node | string)[][], last?: string[]): HTMLElement {
  const cells = (row: (Node | string)[]): HTMLElement[] =>
    row.map((cell, place) => (place === 0 ? h("th", { scope: "row" }, cell) : h("td", columns[place].numeric ? { class: "number" } : {}, cell)));
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    h(
      "table",
      {},
      h("caption", {}, caption),
      h("thead", {}, h("tr", {}, ...columns.map((column) => h("th", { scope: "col", class: column.numeric ? "number" : undefined }, column.head)))),
      h("tbody", {}, ...rows.map((row) => h("tr", {}, ...cells(row)))),
      last ? h("tfoot", {}, h("tr", {}, ...cells(last))) : null,
    ),
  );
}

export function byTownship(head: Head, named: Named, choose?: (code: string | null) => void): HTMLElement {
  const verdictHeads = VERDICTS.map((_, verdict) => ({ head: named.verdict(verdict), numeric: true }));
  const columns = [{ head: t("township") }, { head: t("houses_head"), numeric: true }, ...verdictHeads, { head: t("findings_head"), numeric: true }];
  const rows = head.townships.map((township) => {
    const name = named.place(township.code, "no_township");
    const linked = township.page
      ? h("a", { href: township.page }, name)
      : choose
        ? h("button", { type: "button", class: "link", onclick: () => choose(township.code) }, name)
        : name;
    return [linked, whole(township.houses), ...township.verdicts.map((count) => whole(count)), whole(township.findings)];
  });
  const counts = totals(head);
  const found = head.findings.reduce((sum, finding) => sum + finding.subjects, 0);
  return table(t("by_township"), columns, rows, [t("total"), whole(allHouses(head)), ...counts.map(whole), whole(found)]);
}

function meter(value: number, most: number): HTMLElement {
  const filled = h("i");
  filled.style.width = `${most ? (100 * value) / most : 0}%`;
  return h("span", { class: "meter" }, h("span", {}, whole(value)), h("span", { class: "meter-bar", "aria-hidden": "true" }, filled));
}

export function byFinding(head: Head, named: Named, choose?: (code: string) => void): HTMLElement {
  if (!head.findings.length) return h("div", {}, h("h2", {}, t("by_finding")), h("p", { class: "quiet" }, t("no_findings")));
  const most = Math.max(...head.findings.map((finding) => finding.subjects));
  const columns = [{ head: t("finding") }, { head: t("findings_head"), numeric: true }, { head: t("houses_concerned"), numeric: true }];
  const rows = head.findings.map((finding) => {
    const name = named.title(finding.code);
    const linked = choose ? h("button", { type: "button", class: "link", onclick: () => choose(finding.code) }, name) : name;
    return [linked, meter(finding.subjects, most), whole(finding.houses)];
  });
  return h("div", {}, table(t("by_finding"), columns, rows), h("p", { class: "quiet note" }, t("subject_note")));
}

export function byNeed(head: Head, named: Named): HTMLElement | null {
  if (!head.needs.length) return null;
  const most = Math.max(...head.needs.map((need) => need.houses));
  const columns = [{ head: t("need") }, { head: t("finding") }, { head: t("houses_head"), numeric: true }];
  const rows = head.needs.map((need) => [named.title(need.need), named.title(need.code), meter(need.houses, most)]);
  return h("div", {}, table(t("by_need"), columns, rows), h("p", { class: "quiet note" }, t("by_need_note")));
}

export function reading(head: Head): HTMLElement {
  const lines = [t("reading_1"), t("reading_2"), t("reading_3"), t("reading_4")];
  return h(
    "footer",
    { class: "reading" },
    h("h2", {}, t("reading")),
    h("ul", {}, ...lines.map((line) => h("li", {}, line))),
    head.law ? h("p", { class: "quiet hash" }, t("law_hash", { hash: head.law.sha256 })) : null,
    h("p", { class: "quiet" }, t("map_by")),
  );
}
