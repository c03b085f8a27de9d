// The houses that fit the filter, a page at a time.
import { h, replace, swatch } from "./dom";
import { EDGES, FILLS, type Houses, wordAt } from "./model";
import type { Named } from "./named";
import { t } from "./words";

const PAGE = 40;

export class List {
  readonly element = h("ol", { class: "list" });
  private shown: Uint8Array = new Uint8Array();
  private next = 0;

  constructor(
    private readonly houses: Houses,
    private readonly named: Named,
    private readonly choose: (house: number) => void,
  ) {}

  show(shown: Uint8Array, count: number): void {
    this.shown = shown;
    this.next = 0;
    replace(this.element, count ? null : h("li", { class: "quiet empty" }, t("none_found")));
    this.add(PAGE);
  }

  /** Adds up to so many houses that fit, and a button where there are more. */
  private add(wanted: number): void {
    const items: HTMLElement[] = [];
    for (; this.next < this.shown.length && items.length < wanted; this.next++) if (this.shown[this.next]) items.push(this.item(this.next));
    this.element.append(...items);
    let left = 0;
    for (let house = this.next; house < this.shown.length; house++) left += this.shown[house];
    if (!left) return;
    const count = Math.min(left, PAGE);
    const more = h("li", { class: "more" }, h("button", { type: "button", onclick: () => this.extend(more) }, t("more", { count })));
    this.element.append(more);
  }

  private extend(more: HTMLElement): void {
    const before = this.element.children.length - 1;
    more.remove();
    this.add(PAGE);
    this.element.children[before]?.querySelector("button")?.focus();
  }

  private item(house: number): HTMLElement {
    const { houses, named } = this;
    const verdict = houses.verdict[house];
    const { start, things } = houses.taken;
    const codes = houses.findings.words["code"];
    const found = Array.from(things["finding"].subarray(start[house], start[house + 1]), (finding) => named.label(wordAt(codes, finding)));
    const drawn = !Number.isNaN(houses.drawn.box[4 * house]);
    const second = [named.address(house), drawn ? "" : t("no_shape")].filter(Boolean).join(" · ");
    return h(
      "li",
      {},
      h(
        "button",
        { type: "button", "data-house": house, onclick: () => this.choose(house) },
        h("span", { class: "line" }, swatch(FILLS[verdict], EDGES[verdict]), h("b", {}, houses.id[house]), h("span", { class: "verdict" }, named.verdict(verdict))),
        h("span", { class: "quiet" }, second),
        found.length ? h("span", { class: "found" }, [...new Set(found)].join(t("list_separator"))) : null,
      ),
    );
  }
}
