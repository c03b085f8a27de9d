// The head of each page: title, day, law, language.
import { h } from "./dom";
import type { Head, Lang } from "./model";
import { spoken, t } from "./words";

export function masthead(head: Head, switchTo: (lang: Lang) => void): HTMLElement {
  const lang = spoken();
  const law = head.law;
  const facts = [
    t("judged_on", { on: head.on }),
    law ? t("law", { title: law.title[lang], version: law.version }) : t("no_law"),
    law ? t("hash", { hash: law.sha256.slice(0, 12) }) : "",
  ].filter(Boolean);
  const choice = (own: Lang, name: string): HTMLElement =>
    h("button", { type: "button", lang: own === "zh" ? "zh-CN" : "en", "aria-pressed": String(lang === own), onclick: () => switchTo(own) }, name);
  return h(
    "header",
    { class: "masthead" },
    h("a", { class: "skip", href: "#map" }, t("skip")),
    h(
      "div",
      { class: "inside" },
      h(
        "div",
        { class: "titles" },
        head.up ? h("a", { class: "up", href: head.up }, `‹ ${t("up")}`) : null,
        h("h1", {}, head.title[lang]),
        h("ul", { class: "meta" }, ...facts.map((fact) => h("li", {}, fact))),
        law?.sample ? h("p", { class: "warning" }, t("sample_law")) : null,
      ),
      h(
        "div",
        { class: "tools" },
        h("div", { class: "languages", role: "group", "aria-label": t("language") }, choice("zh", "中文"), choice("en", "English")),
        h("button", { type: "button", class: "print", onclick: () => window.print() }, t("print")),
      ),
    ),
  );
}
