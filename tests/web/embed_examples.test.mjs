// The examples for frameworks can be bundled, and import what the npm package has.

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import test from "node:test";
import { fileURLToPath } from "node:url";

const WEB = new URL("../../web/", import.meta.url);
const FOLDER = new URL("embed-examples/", WEB);
const require = createRequire(new URL("package.json", WEB));
const { build } = require("esbuild");
const { compile } = require("svelte/compiler");

const svelte = {
  name: "svelte",
  setup({ onLoad }) {
    onLoad({ filter: /\.svelte$/ }, async ({ path }) => {
      const { js, warnings } = compile(await readFile(path, "utf8"), { filename: path, generate: "client" });
      assert.deepEqual(warnings.map(({ message }) => message), []);
      return { contents: js.code, loader: "js" };
    });
  },
};

for (const name of ["react.jsx", "vue.js", "Chat.svelte"]) {
  test(`${name} can be bundled`, async () => {
    const { outputFiles, metafile, warnings } = await build({
      entryPoints: [fileURLToPath(new URL(name, FOLDER))],
      bundle: true, write: false, metafile: true, format: "esm", jsx: "automatic", plugins: [svelte], outdir: "out",
      external: ["react", "react/*", "@ai-sdk/react", "vue", "svelte", "svelte/*"],
      alias: {
        "sparewheel/ai-sdk": fileURLToPath(new URL("adapters/ai-sdk.js", WEB)),
        "sparewheel/chat": fileURLToPath(new URL("adapters/chat.js", WEB)),
        sparewheel: fileURLToPath(new URL("sparewheel.js", WEB)),
      },
      logLevel: "silent",
    });
    assert.deepEqual(warnings.map(({ text }) => text), []);
    assert.ok(outputFiles[0].text.length > 1000);
    // An import that has no such export would be undefined, and a warning above.
    assert.ok(Object.keys(metafile.inputs).some((path) => path.endsWith("web/sparewheel.js")));
  });
}

test("the examples are short", async () => {
  for (const entry of await readdir(FOLDER, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const lines = (await readFile(`${entry.parentPath}/${entry.name}`, "utf8")).split("\n");
    assert.ok(lines.filter((line) => line.trim()).length <= 20, entry.name);
  }
});
