// The overview of a large county: villages as round charts, and the way to each township's page.
import type { Block } from "./columns";
import { caption, type Frame, Places } from "./canvas";
import { chartRadius, drawChart } from "./chart";
import { h, replace, swatch } from "./dom";
import { masthead } from "./frame";
import { MapView } from "./mapview";
import { EDGES, FILLS, type Head, type Lang, project, VERDICTS, type Villages, villages as unpackVillages, wordAt } from "./model";
import { Named } from "./named";
import { byFinding, byNeed, byTownship, reading, summary } from "./tables";
import { percent, t, whole } from "./words";

const UNLAWFUL = VERDICTS.indexOf("unlawful");
const LISTED = 200;

export class OverviewPage {
  private readonly villages: Villages;
  private readonly named: Named;
  private readonly map: MapView;
  private readonly pages: Map<string | null, string>;
  private readonly outlines: { code: string; points: [number, number][] }[];
  private readonly top = h("div");
  private readonly side = h("div", { class: "side" });
  private readonly stage = h("section", { class: "stage", id: "map" });
  private readonly below = h("div", { class: "below" });
  private readonly legend = h("details", { class: "legend", open: true });
  private readonly list = h("ol", { class: "list" });
  private readonly status = h("p", { class: "status", role: "status" });
  private readonly panel = h("aside", { class: "panel", hidden: true, "aria-labelledby": "panel-title" });
  private readonly order: number[];
  private selected = -1;
  private text = "";

  constructor(
    private readonly head: Head,
    block: Block,
    root: HTMLElement,
    private readonly switchTo: (lang: Lang) => void,
  ) {
    this.villages = unpackVillages(block);
    this.named = new Named(head, null);
    this.pages = new Map(head.townships.map((township) => [township.code, township.page ?? ""]));
    this.outlines = head.townships
      .filter((township) => township.code !== null && (township.outline?.length ?? 0) > 2)
      .map((township) => ({ code: township.code!, points: township.outline!.map(([lon, lat]) => project(lon, lat)) }));
    const worst = this.villages.verdicts[UNLAWFUL];
    this.order = Array.from(worst.keys()).sort((a, b) => worst[b] - worst[a] || this.villages.houses[b] - this.villages.houses[a]);
    this.map = new MapView({
      draw: (view) => this.draw(view),
      at: (x, y, pixel) => this.at(x, y, pixel),
      extent: this.extent(),
    });
    replace(this.stage, this.map.element, this.legend, this.panel);
    replace(root, this.top, h("main", { class: "inside" }, h("div", { class: "sight" }, this.side, this.stage), this.below));
    this.speak();
    this.map.showAll();
    window.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !this.panel.hidden) this.close();
    });
  }

  speak(): void {
    replace(this.top, masthead(this.head, this.switchTo), h("div", { class: "inside" }, summary(this.head, this.named)));
    const input = h("input", { type: "search", id: "search", autocomplete: "off", placeholder: t("search_villages") });
    input.value = this.text;
    input.addEventListener("input", () => {
      this.text = input.value.trim();
      this.fillList();
    });
    const field = h("div", { class: "field" }, h("label", { for: "search" }, t("search")), input);
    const note = h("p", { class: "quiet note" }, t("overview_note"));
    replace(this.side, h("div", { class: "filters" }, field, note), h("div", { class: "found-box" }, h("div", { class: "found-head" }, h("h2", {}, t("village_list"))), this.status, this.list));
    const items = VERDICTS.map((_, verdict) => h("li", {}, swatch(FILLS[verdict], EDGES[verdict]), this.named.verdict(verdict)));
    replace(this.legend, h("summary", {}, t("legend")), h("ul", {}, ...items, h("li", {}, swatch("#e6ebf0", "#9aa5b1"), t("legend_outline"))));
    const pair = h("div", { class: "pair" }, byFinding(this.head, this.named), byNeed(this.head, this.named));
    replace(this.below, h("section", { class: "tables" }, byTownship(this.head, this.named), pair), reading(this.head));
    this.fillList();
    if (this.selected >= 0) this.fillPanel();
    this.map.relabel();
  }

  private name(village: number): string {
    return this.named.place(wordAt(this.villages.code, village), "no_village");
  }

  private township(village: number): string {
    return this.named.place(wordAt(this.villages.township, village), "no_township");
  }

  private fillList(): void {
    const words = this.text.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = this.order.filter((village) => words.every((word) => `${this.township(village)} ${this.name(village)}`.toLowerCase().includes(word)));
    this.status.textContent = t("shown_villages", { shown: whole(fits.length), all: whole(this.villages.count) });
    replace(this.list, ...fits.slice(0, LISTED).map((village) => this.item(village)));
  }

  private item(village: number): HTMLElement {
    const { houses, verdicts } = this.villages;
    const share = `${t("worst")} ${percent(verdicts[UNLAWFUL][village], houses[village])}`;
    return h(
      "li",
      {},
      h(
        "button",
        { type: "button", onclick: () => this.select(village) },
        h("span", { class: "line" }, h("b", {}, this.name(village)), h("span", { class: "verdict" }, `${whole(houses[village])} ${t("houses")}`)),
        h("span", { class: "quiet" }, `${this.township(village)} · ${share}`),
      ),
    );
  }

  private select(village: number): void {
    this.selected = village;
    this.panel.hidden = false;
    this.stage.classList.add("explaining");
    this.fillPanel();
    const { x, y } = this.villages;
    this.map.cover(this.stage.clientWidth > this.panel.offsetWidth ? this.panel.offsetWidth : 0, 0);
    if (!Number.isNaN(x[village])) this.map.goTo(x[village], y[village], 13);
    this.panel.querySelector<HTMLElement>("#panel-title")!.focus({ preventScroll: true });
    this.map.redraw();
  }

  private fillPanel(): void {
    const village = this.selected;
    const { houses, verdicts } = this.villages;
    const code = wordAt(this.villages.code, village);
    const page = this.pages.get(wordAt(this.villages.township, village)) ?? "";
    const rows = VERDICTS.flatMap((_, verdict) => [
      h("dt", {}, swatch(FILLS[verdict], EDGES[verdict]), this.named.verdict(verdict)),
      h("dd", {}, `${whole(verdicts[verdict][village])} (${percent(verdicts[verdict][village], houses[village])})`),
    ]);
    const href = code ? `${page}#village=${code}` : page;
    const close = h("button", { type: "button", class: "close", "aria-label": t("close"), onclick: () => this.close() }, "×");
    replace(
      this.panel,
      h("div", { class: "panel-head" }, h("h2", {}, t("village")), close),
      h(
        "div",
        { class: "panel-body", tabindex: 0 },
        h("h3", { class: "house-id", id: "panel-title", tabindex: -1 }, this.name(village)),
        h("p", { class: "address" }, `${this.township(village)} · ${whole(houses[village])} ${t("houses")}`),
        h("dl", { class: "facts" }, ...rows),
        h("p", {}, h("a", { class: "go", href }, t("open_page", { name: this.township(village) }))),
      ),
    );
  }

  private close(): void {
    this.panel.hidden = true;
    this.stage.classList.remove("explaining");
    this.map.cover(0, 0);
    this.selected = -1;
    this.map.redraw();
    this.map.element.focus({ preventScroll: true });
  }

  private extent(): number[] | null {
    const { x, y } = this.villages;
    const known = Array.from(x.keys()).filter((village) => !Number.isNaN(x[village]));
    if (!known.length) return null;
    const xs = known.map((village) => x[village]);
    const ys = known.map((village) => y[village]);
    return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  }

  private at(x: number, y: number, pixel: number): (() => void) | null {
    let [nearest, least] = [-1, Infinity];
    for (let village = 0; village < this.villages.count; village++) {
      const distance = Math.hypot(this.villages.x[village] - x, this.villages.y[village] - y);
      if (distance <= chartRadius(this.villages.houses[village], pixel) * pixel + 4 * pixel && distance < least) [nearest, least] = [village, distance];
    }
    return nearest < 0 ? null : () => this.select(nearest);
  }

  private draw(view: Frame): void {
    this.drawOutlines(view);
    const pixel = view.resolution * view.ratio;
    const { x, y, houses } = this.villages;
    const places = new Places();
    const bySize = Array.from(houses.keys()).sort((a, b) => houses[b] - houses[a]);
    for (const village of bySize) {
      if (Number.isNaN(x[village])) continue;
      const at = [(x[village] - view.west) / view.resolution, (view.north - y[village]) / view.resolution];
      if (at[0] < -50 || at[1] < -50 || at[0] > view.width + 50 || at[1] > view.height + 50) continue;
      const radius = chartRadius(this.villages.houses[village], pixel) * view.ratio;
      const counts = this.villages.verdicts.map((column) => column[village]);
      drawChart(view, counts, at[0], at[1], radius, village === this.selected);
      if (pixel > 60) continue;
      const name = this.name(village);
      const below = at[1] + radius + 10 * view.ratio;
      if (places.take(at[0], below, (name.length + 1) * 12 * view.ratio, 20 * view.ratio)) caption(view, name, at[0], below, 12, "#4a5a6a");
    }
    if (pixel > 20) this.drawNames(view);
  }

  private drawOutlines(view: Frame): void {
    const { context } = view;
    context.beginPath();
    for (const { points } of this.outlines) {
      points.forEach(([x, y], place) => {
        const at: [number, number] = [(x - view.west) / view.resolution, (view.north - y) / view.resolution];
        if (place) context.lineTo(...at);
        else context.moveTo(...at);
      });
      context.closePath();
    }
    context.fillStyle = "rgba(220, 227, 234, 0.45)";
    context.fill();
    context.strokeStyle = "#aab5c0";
    context.lineWidth = view.ratio;
    context.stroke();
  }

  private drawNames(view: Frame): void {
    const places = new Places();
    for (const { code, points } of this.outlines) {
      const x = points.reduce((sum, point) => sum + point[0], 0) / points.length;
      const y = points.reduce((sum, point) => sum + point[1], 0) / points.length;
      const at = [(x - view.west) / view.resolution, (view.north - y) / view.resolution];
      const name = this.named.place(code, "no_township");
      if (places.take(at[0], at[1], (name.length + 1) * 15 * view.ratio, 26 * view.ratio)) caption(view, name, at[0], at[1], 15, "#26394c");
    }
  }
}
