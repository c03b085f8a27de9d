// The page of houses: numbers, filters, map, list and the panel that explains.
import type { Block } from "./columns";
import { hit } from "./canvas";
import { Controls } from "./controls";
import { h, replace, swatch } from "./dom";
import { apply, everything } from "./filter";
import { masthead } from "./frame";
import { chartAt, drawHouses, type Label, labels, type Shown, zoneColour, zonesOf } from "./housemap";
import { List } from "./list";
import { MapView } from "./mapview";
import { EDGES, FILLS, type Head, type Houses, houses as unpackHouses, type Lang, VERDICTS } from "./model";
import { Named } from "./named";
import { explanation } from "./panel";
import { byFinding, byNeed, byTownship, reading, summary } from "./tables";
import { t, whole } from "./words";

const REACH = 8;
const PHONE = window.matchMedia("(max-width: 760px)");

export class HousesPage {
  private readonly houses: Houses;
  private readonly named: Named;
  private readonly controls: Controls;
  private readonly list: List;
  private readonly map: MapView;
  private readonly labels: { villages: Label[]; townships: Label[] };
  private readonly drawnCount: number;
  private readonly panel = h("aside", { class: "panel", hidden: true, "aria-labelledby": "panel-title" });
  private readonly status = h("p", { class: "status", role: "status" });
  private readonly top = h("div");
  private readonly stage = h("section", { class: "stage", id: "map" });
  private readonly side = h("div", { class: "side" });
  private readonly below = h("div", { class: "below" });
  private readonly sight = h("div", { class: "sight" });
  private readonly legend = h("details", { class: "legend" });
  private readonly layers = h("details", { class: "legend layers" });
  private readonly zones = new Set(["road", "river_range"]);
  private shown: Uint8Array;
  private selected = -1;
  private opener: HTMLElement | null = null;

  constructor(
    private readonly head: Head,
    block: Block,
    private readonly root: HTMLElement,
    private readonly switchTo: (lang: Lang) => void,
  ) {
    this.houses = unpackHouses(block);
    this.named = new Named(head, this.houses);
    this.shown = new Uint8Array(this.houses.count).fill(1);
    this.labels = labels(this.houses, this.named);
    this.controls = new Controls(head, this.houses, this.named, () => this.refresh());
    this.list = new List(this.houses, this.named, (house) => this.select(house, true));
    const extent = bounds(this.houses.drawn.box, () => true);
    this.drawnCount = countDrawn(this.houses.drawn.box);
    this.map = new MapView({
      draw: (view) => drawHouses(view, this.given()),
      at: (x, y, pixel) => this.at(x, y, pixel),
      extent,
    });
    this.legend.open = !PHONE.matches;
    this.assemble();
    this.speak();
    this.map.showAll();
    window.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !this.panel.hidden) this.close();
    });
    window.addEventListener("hashchange", () => this.follow());
    this.follow();
  }

  private given(): Shown {
    const { houses, shown, selected, zones } = this;
    const own = selected < 0 ? [] : zonesOf(houses, selected);
    return { houses, shown, selected, zones: own.length ? new Set([...zones, ...own]) : zones, ...this.labels };
  }

  /** A click on a village's chart zooms to its houses, one on a house says why. */
  private at(x: number, y: number, pixel: number): (() => void) | null {
    const village = chartAt(this.given(), x, y, pixel);
    if (village) {
      const own = new Set(village.houses);
      return () => this.map.show(bounds(this.houses.drawn.box, (house) => own.has(house))!, 60, true, 17);
    }
    const house = hit(this.houses.drawn, x, y, REACH * pixel, (one) => this.shown[one] === 1);
    return house < 0 ? null : () => this.select(house, false);
  }

  private assemble(): void {
    replace(this.stage, this.map.element, this.legend, this.layers, this.panel);
    replace(this.sight, this.side, this.stage);
    replace(this.root, this.top, h("main", { class: "inside" }, this.sight, this.below));
  }

  /** Writes every word of the page in the language that is spoken. */
  speak(): void {
    const overview = summary(this.head, this.named, (verdict) => this.controls.only(verdict));
    replace(this.top, masthead(this.head, this.switchTo), h("div", { class: "inside" }, overview));
    this.controls.build();
    const filters = h("details", { class: "filter-box", open: !PHONE.matches }, h("summary", {}, t("filters")), this.controls.element);
    const heading = h("div", { class: "found-head" }, h("h2", {}, t("list")), this.controls.reset);
    replace(this.side, filters, h("div", { class: "found-box" }, heading, this.status, this.list.element));
    replace(this.legend, ...this.legendItems());
    const kinds = this.houses.zones.kind.words;
    replace(this.layers, h("summary", {}, t("legend_zones")), ...kinds.map((kind) => this.zoneBox(kind)));
    this.layers.hidden = kinds.length === 0;
    replace(this.below, this.tables(), reading(this.head));
    this.map.relabel();
    this.refresh();
    if (this.selected >= 0) this.fillPanel();
  }

  private tables(): HTMLElement {
    const township = byTownship(this.head, this.named, (code) => this.toMap(() => this.controls.onlyTownship(code)));
    const finding = byFinding(this.head, this.named, (code) => this.toMap(() => this.controls.onlyFinding(code)));
    return h("section", { class: "tables" }, township, h("div", { class: "pair" }, finding, byNeed(this.head, this.named)));
  }

  /** Filters from a table below, and brings the map back into sight. */
  private toMap(change: () => void): void {
    change();
    this.sight.scrollIntoView({ block: "start" });
    this.map.element.focus({ preventScroll: true });
  }

  private legendItems(): HTMLElement[] {
    const items = VERDICTS.map((_, verdict) => h("li", {}, swatch(FILLS[verdict], EDGES[verdict]), this.named.verdict(verdict)));
    const dimmed = h("li", {}, swatch("#c3cad2", "#aab3bd"), t("legend_dimmed"));
    const parcel = h("li", {}, swatch("transparent", "#9aa5b1"), t("legend_parcel"));
    const empty = this.drawnCount ? null : h("p", { class: "map-empty" }, t("map_empty"));
    const chart = this.labels.villages.length ? h("p", { class: "quiet" }, t("legend_chart")) : null;
    return [h("summary", {}, t("legend")), h("ul", {}, ...items), h("ul", { class: "aside" }, dimmed, parcel), chart, empty].filter((item) => item !== null);
  }

  private zoneBox(kind: string): HTMLElement {
    const box = h("input", {
      type: "checkbox",
      checked: this.zones.has(kind),
      onchange: () => {
        if (box.checked) this.zones.add(kind);
        else this.zones.delete(kind);
        this.map.redraw();
      },
    });
    return h("label", { class: "check" }, box, swatch(zoneColour(kind), "#9aa5b1"), h("span", {}, this.named.title(kind)));
  }

  private refresh(): void {
    const filter = this.controls.value;
    const { shown, count } = apply(this.houses, filter, this.named);
    this.shown = shown;
    this.status.textContent = t("shown", { shown: whole(count), all: whole(this.houses.count) });
    this.list.show(shown, count);
    this.top.querySelectorAll<HTMLElement>(".tile").forEach((tile, verdict) => {
      const chosen = filter.verdicts !== everything().verdicts && Boolean((filter.verdicts >> verdict) & 1);
      tile.setAttribute("aria-pressed", String(chosen));
    });
    const narrowed = filter.township !== -2 || filter.text !== "";
    const extent = narrowed ? bounds(this.houses.drawn.box, (house) => shown[house] === 1) : null;
    if (extent) this.map.show(extent, 60, true, 17);
    this.map.redraw();
  }

  select(house: number, focus: boolean): void {
    this.opener = document.activeElement as HTMLElement | null;
    this.selected = house;
    this.fillPanel();
    this.panel.hidden = false;
    this.stage.classList.add("explaining");
    this.coverMap();
    this.goTo(house);
    history.replaceState(null, "", `#house=${encodeURIComponent(this.houses.id[house])}`);
    if (focus) this.panel.querySelector<HTMLElement>("#panel-title")!.focus({ preventScroll: true });
    this.map.redraw();
  }

  private goTo(house: number): void {
    const box = this.houses.drawn.box.subarray(4 * house, 4 * house + 4);
    if (Number.isNaN(box[0])) return;
    this.map.goTo((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, 18);
  }

  /** Tells the map what the panel covers: on a phone its lower part, else its right. */
  private coverMap(): void {
    const map = this.map.element.getBoundingClientRect();
    const panel = this.panel.getBoundingClientRect();
    if (PHONE.matches) this.map.cover(0, Math.min(Math.max(0, map.bottom - panel.top), map.height / 2));
    else this.map.cover(panel.width, 0);
  }

  private fillPanel(): void {
    const close = h("button", { type: "button", class: "close", "aria-label": t("close"), onclick: () => this.close() }, "×");
    const heading = h("div", { class: "panel-head" }, h("h2", {}, t("panel")), close);
    const body = h("div", { class: "panel-body", tabindex: 0 }, ...explanation(this.head, this.houses, this.named, this.selected));
    replace(this.panel, heading, body);
  }

  private close(): void {
    this.panel.hidden = true;
    this.stage.classList.remove("explaining");
    this.map.cover(0, 0);
    this.selected = -1;
    history.replaceState(null, "", location.pathname + location.search);
    this.map.redraw();
    (this.opener?.isConnected ? this.opener : this.map.element).focus({ preventScroll: true });
  }

  /** A link to a house or a village: `#house=…`, `#village=…`. */
  private follow(): void {
    const [name, value] = decodeURIComponent(location.hash.slice(1)).split("=");
    if (name === "house") {
      const house = this.houses.id.indexOf(value ?? "");
      if (house >= 0 && house !== this.selected) this.select(house, false);
    }
    if (name === "village") {
      const code = this.houses.village.words.indexOf(value ?? "");
      const extent = bounds(this.houses.drawn.box, (house) => this.houses.village.codes[house] === code);
      if (code >= 0 && extent) this.map.show(extent, 60, false, 17);
    }
  }

  /** For tests and measurements. */
  get probe(): { map: MapView; houses: Houses; shown: Uint8Array } {
    return { map: this.map, houses: this.houses, shown: this.shown };
  }
}

function bounds(box: Float64Array, wanted: (shape: number) => boolean): number[] | null {
  const extent = [Infinity, Infinity, -Infinity, -Infinity];
  for (let at = 0; at < box.length; at += 4) {
    if (Number.isNaN(box[at]) || !wanted(at / 4)) continue;
    extent[0] = Math.min(extent[0], box[at]);
    extent[1] = Math.min(extent[1], box[at + 1]);
    extent[2] = Math.max(extent[2], box[at + 2]);
    extent[3] = Math.max(extent[3], box[at + 3]);
  }
  return extent[0] === Infinity ? null : extent;
}

function countDrawn(box: Float64Array): number {
  let count = 0;
  for (let at = 0; at < box.length; at += 4) if (!Number.isNaN(box[at])) count++;
  return count;
}
