// The filters beside the map.
import { h, replace, swatch } from "./dom";
import { ANY, everything, type Filter, isEverything, SOME } from "./filter";
import { EDGES, FILLS, type Head, type Houses, VERDICTS } from "./model";
import type { Named } from "./named";
import { t, whole } from "./words";

export class Controls {
  readonly reset = h("button", { type: "button", class: "reset", onclick: () => this.clear() });
  readonly element = h("form", { class: "filters", onsubmit: (event) => event.preventDefault() });
  private filter: Filter = everything();

  constructor(
    private readonly head: Head,
    private readonly houses: Houses,
    private readonly named: Named,
    private readonly changed: (filter: Filter) => void,
  ) {}

  /** Builds the form anew in the language that is spoken; what was chosen stays. */
  build(): void {
    replace(this.element, this.search(), this.verdicts(), this.findings(), this.townships());
    this.reset.textContent = t("reset");
    this.mark();
  }

  change(part: Partial<Filter>): void {
    this.filter = { ...this.filter, ...part };
    this.mark();
    this.changed(this.filter);
  }

  /** Shows one verdict alone; once more shows all again. */
  only(verdict: number): void {
    const alone = 1 << verdict;
    this.change({ verdicts: this.filter.verdicts === alone ? everything().verdicts : alone });
  }

  onlyFinding(code: string): void {
    const place = this.houses.findings.words["code"].words.indexOf(code);
    this.change({ finding: place < 0 ? ANY : place });
  }

  onlyTownship(code: string | null): void {
    const place = code === null ? -1 : this.houses.township.words.indexOf(code);
    this.change({ township: place });
  }

  get value(): Filter {
    return this.filter;
  }

  private search(): HTMLElement {
    let waiting = 0;
    const input = h("input", {
      type: "search",
      id: "search",
      name: "search",
      autocomplete: "off",
      placeholder: t("search_hint"),
      oninput: () => {
        window.clearTimeout(waiting);
        waiting = window.setTimeout(() => this.change({ text: input.value.trim() }), 120);
      },
    });
    return h("div", { class: "field" }, h("label", { for: "search" }, t("search")), input);
  }

  private verdicts(): HTMLElement {
    const boxes = VERDICTS.map((_, verdict) => {
      const box = h("input", {
        type: "checkbox",
        name: "verdict",
        value: verdict,
        onchange: () => this.change({ verdicts: this.filter.verdicts ^ (1 << verdict) }),
      });
      return h("label", { class: "check" }, box, swatch(FILLS[verdict], EDGES[verdict]), h("span", {}, this.named.verdict(verdict)));
    });
    return h("fieldset", { class: "verdicts" }, h("legend", {}, t("verdict")), ...boxes);
  }

  private findings(): HTMLElement {
    const codes = this.houses.findings.words["code"].words;
    const options = this.head.findings
      .filter((finding) => codes.includes(finding.code))
      .map((finding) => h("option", { value: codes.indexOf(finding.code) }, `${this.named.title(finding.code)} (${whole(finding.houses)})`));
    const first = [h("option", { value: ANY }, t("any_finding")), h("option", { value: SOME }, t("some_finding"))];
    return this.select("finding", t("finding"), [...first, ...options]);
  }

  private townships(): HTMLElement | null {
    if (this.head.townships.length < 2) return null;
    const options = this.head.townships.map((township) => {
      const place = township.code === null ? -1 : this.houses.township.words.indexOf(township.code);
      return h("option", { value: place }, `${this.named.place(township.code, "no_township")} (${whole(township.houses)})`);
    });
    return this.select("township", t("township"), [h("option", { value: ANY }, t("all_townships")), ...options]);
  }

  private select(name: "finding" | "township", label: string, options: HTMLElement[]): HTMLElement {
    const select = h("select", { id: name, name, onchange: () => this.change({ [name]: Number(select.value) }) }, ...options);
    return h("div", { class: "field" }, h("label", { for: name }, label), select);
  }

  private clear(): void {
    this.change(everything());
    this.element.querySelector<HTMLInputElement>("#search")!.focus();
  }

  /** Puts the filter's state into the form. */
  private mark(): void {
    this.element.querySelectorAll<HTMLInputElement>("input[name=verdict]").forEach((box, verdict) => {
      box.checked = Boolean((this.filter.verdicts >> verdict) & 1);
    });
    for (const name of ["finding", "township"] as const) {
      const select = this.element.querySelector<HTMLSelectElement>(`#${name}`);
      if (select) select.value = String(this.filter[name]);
    }
    const search = this.element.querySelector<HTMLInputElement>("#search");
    if (search && search.value.trim() !== this.filter.text) search.value = this.filter.text;
    this.reset.disabled = isEverything(this.filter);
  }
}
