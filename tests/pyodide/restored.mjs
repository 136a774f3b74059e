// node restored.mjs DIST plain|restored SCRIPT: runs a Python file in the built runtime, started plainly or from its
// snapshot; prints what its coroutine `main` returns, as JSON.

import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { nodeHost } from "../../web/node/files.js";

// Node would print the source line that threw, and Pyodide's are a megabyte long: the error itself is then cut away.
process.on("uncaughtException", (error) => {
  process.stderr.write(`${error?.stack ?? error}`.slice(0, 4000), () => process.exit(1));
});

const [dist, mode, script] = process.argv.slice(2);
const base = pathToFileURL(`${dist}/`);
const indexURL = new URL("pyodide/", base).href;
const load = (name) => import(new URL(`boot/${name}.js`, base).href);
const [{ loadPackages, loadPython }, { restore }] = await Promise.all(["pyodide", "restore"].map(load));

console.debug = () => {}; // what Pyodide prints
const lock = JSON.parse(new TextDecoder().decode(await nodeHost.read(`${indexURL}pyodide-lock.json`)));
const network = nodeHost.watchNetwork();

async function start() {
  if (mode === "restored") return restore(indexURL, lock, network);
  const python = await loadPython(indexURL, lock, nodeHost);
  await loadPackages(python, indexURL);
  return python;
}

const python = await start();
python.runPython(await readFile(script, "utf8"));
const result = await python.globals.get("main")();
process.stdout.write(JSON.stringify(result?.toJs?.({ dict_converter: Object.fromEntries }) ?? result));
process.exit(0);
