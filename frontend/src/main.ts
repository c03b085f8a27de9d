import "./style.css";
import { unpack } from "./columns";
import { h, replace } from "./dom";
import { HousesPage } from "./housespage";
import type { Head, Lang } from "./model";
import { OverviewPage } from "./overviewpage";
import { speak, t } from "./words";

declare global {
  interface Window {
    /** The page, for tests and measurements. */
    jiadiPage?: HousesPage | OverviewPage;
  }
}

async function start(root: HTMLElement): Promise<void> {
  const carrier = document.getElementById("data")!;
  const block = await unpack(carrier.textContent ?? "");
  carrier.remove();
  const head = block.head as unknown as Head;
  const switchTo = (lang: Lang): void => {
    speak(lang);
    document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
    document.title = head.title[lang];
    page?.speak();
    document.querySelector<HTMLElement>(".languages [aria-pressed=true]")?.focus();
  };
  let page: HousesPage | OverviewPage | null = null;
  speak(head.lang);
  page = head.mode === "houses" ? new HousesPage(head, block, root, switchTo) : new OverviewPage(head, block, root, switchTo);
  window.jiadiPage = page;
  root.dataset["ready"] = "true";
}

const root = document.getElementById("app")!;
if (typeof DecompressionStream === "undefined") {
  const lang: Lang = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
  speak(lang);
  replace(root, h("p", { class: "broken" }, t("broken")));
} else {
  void start(root);
}
