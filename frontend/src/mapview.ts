// The map frame: OpenLayers moves and zooms, one canvas layer draws.
import "ol/ol.css";
import Map from "ol/Map.js";
import View from "ol/View.js";
import ScaleLine from "ol/control/ScaleLine.js";
import Zoom from "ol/control/Zoom.js";
import { defaults as interactions } from "ol/interaction/defaults.js";
import Layer from "ol/layer/Layer.js";
import { type Frame, frame } from "./canvas";
import { h } from "./dom";
import { t } from "./words";

export interface Drawn {
  /** Draws what is to be seen. */
  draw: (view: Frame) => void;
  /** What a click at a point of the map does, so many map units a pixel; null where nothing lies there. */
  at: (x: number, y: number, pixel: number) => (() => void) | null;
  /** West, south, east, north in EPSG:3857; null where there is nothing to show. */
  extent: number[] | null;
}

const WIDE = 760;
const LEGEND = 256;
const SMOOTH = !window.matchMedia("(prefers-reduced-motion: reduce)").matches;

export class MapView {
  readonly element: HTMLElement;
  private readonly map: Map;
  private readonly canvas = h("canvas");
  private readonly fit: HTMLButtonElement;
  private controls: Zoom | null = null;
  /** Milliseconds that each of the last frames took to draw. */
  readonly times: number[] = [];

  constructor(private readonly drawn: Drawn) {
    this.element = h("div", { class: "map", tabindex: 0, role: "application" });
    this.fit = h("button", { type: "button", class: "fit", onclick: () => this.showAll(true) });
    const layer = new Layer({ render: (state) => this.render(state.size, state.viewState.center, state.viewState.resolution, state.pixelRatio) });
    this.map = new Map({
      target: this.element,
      layers: [layer],
      controls: [new ScaleLine({ minWidth: 72 })],
      interactions: interactions({ altShiftDragRotate: false, pinchRotate: false }),
      view: new View({ center: [0, 0], zoom: 2, enableRotation: false, maxZoom: 22, smoothExtentConstraint: true }),
      pixelRatio: Math.min(2, window.devicePixelRatio || 1),
    });
    this.element.append(this.fit);
    this.map.on("click", (event) => this.find(event.coordinate)?.());
    this.map.on("pointermove", (event) => {
      if (event.dragging) return;
      this.element.classList.toggle("over", this.find(event.coordinate) !== null);
    });
    this.relabel();
  }

  /** Words of the controls in the language that is spoken. */
  relabel(): void {
    if (this.controls) this.map.removeControl(this.controls);
    this.controls = new Zoom({ zoomInTipLabel: t("zoom_in"), zoomOutTipLabel: t("zoom_out") });
    this.map.addControl(this.controls);
    this.fit.textContent = t("fit");
    this.element.setAttribute("aria-label", t("map"));
    this.redraw();
  }

  private render(size: number[], centre: number[], resolution: number, ratio: number): HTMLElement {
    const began = performance.now();
    this.canvas.className = "houses";
    const view = frame(this.canvas, size, centre, resolution, ratio);
    if (view) this.drawn.draw(view);
    if (this.times.push(performance.now() - began) > 240) this.times.shift();
    return this.canvas;
  }

  private find(coordinate: number[]): (() => void) | null {
    return this.drawn.at(coordinate[0], coordinate[1], this.map.getView().getResolution() ?? 1);
  }

  redraw(): void {
    this.map.render();
  }

  /** Fits the view to everything; done again when the frame first gets its size. */
  showAll(smooth = false): void {
    if (this.drawn.extent) this.show(this.drawn.extent, 40, smooth);
  }

  show(extent: number[], padding: number, smooth = true, maxZoom = 19): void {
    this.map.updateSize();
    const animated = smooth && SMOOTH ? { duration: 450 } : {};
    // On a wide screen the legend stands on the left; nothing is put under it.
    const left = this.element.clientWidth > WIDE ? LEGEND : padding;
    this.map.getView().fit(extent, { padding: [padding, padding, padding, left], maxZoom, ...animated });
  }

  /** Says how many pixels are covered on the right and below: the middle is then that of the rest. */
  cover(right: number, bottom: number): void {
    this.map.getView().padding = [0, right, bottom, 0];
  }

  /** Centres on a point, at least so near. */
  goTo(x: number, y: number, zoom: number): void {
    const view = this.map.getView();
    const nearest = Math.max(view.getZoom() ?? zoom, zoom);
    const centre = [x, y];
    if (SMOOTH) view.animate({ center: centre, zoom: nearest, duration: 450 });
    else {
      view.setCenter(centre);
      view.setZoom(nearest);
    }
  }

  /** Position of a point of the map in CSS pixels. */
  pixel(x: number, y: number): number[] | null {
    return this.map.getPixelFromCoordinate([x, y]);
  }
}
