import { readFileSync } from "node:fs";
import { defineConfig } from "vite";

// The licences of what is bundled travel inside the script, since each report page carries the script.
const BUNDLED = { ol: "LICENSE.md", rbush: "LICENSE", quickselect: "LICENSE" };

function licences() {
  const texts = Object.entries(BUNDLED).map(([name, file]) => {
    const text = readFileSync(new URL(`node_modules/${name}/${file}`, import.meta.url), "utf8");
    return `${name}\n${text.replaceAll("*/", "* /")}`;
  });
  return `/*! Bundled libraries and their licences\n\n${texts.join("\n\n")}*/`;
}

/** Stops the build when a library is bundled whose licence is not. */
const licensed = {
  name: "licensed",
  generateBundle(_, bundle) {
    const modules = Object.values(bundle).flatMap((chunk) => Object.entries(chunk.modules ?? {}));
    for (const [path, { renderedLength }] of modules) {
      const name = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1];
      if (name && renderedLength && !(name in BUNDLED)) this.error(`${name} is bundled, but its licence is not: add it to BUNDLED.`);
    }
  },
};

// One classic script and one style sheet, which Python writes into each report page.
export default defineConfig({
  plugins: [licensed],
  build: {
    outDir: "../jiadi/insight/assets",
    emptyOutDir: true,
    target: "es2022",
    cssCodeSplit: false,
    reportCompressedSize: false,
    lib: {
      entry: "src/main.ts",
      formats: ["iife"],
      name: "jiadi",
      fileName: () => "report.js",
      cssFileName: "report",
    },
    rollupOptions: { output: { banner: licences() } },
  },
  esbuild: { legalComments: "inline" },
  logLevel: "warn",
});
