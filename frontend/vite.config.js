import { readFileSync } from "node:fs";
import { defineConfig } from "vite";

// The licence text of what is bundled travels inside the script, since each report page carries the script.
const licence = readFileSync(new URL("node_modules/ol/LICENSE.md", import.meta.url), "utf8").replaceAll("*/", "* /");

// One classic script and one style sheet, which Python writes into each report page.
export default defineConfig({
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
    rollupOptions: { output: { banner: `/*! Bundled: OpenLayers\n${licence}*/` } },
  },
  esbuild: { legalComments: "inline" },
  logLevel: "warn",
});
