// node compile_archives.mjs PYODIDE SCRIPT [SOURCE TARGET PLACE]...: see SCRIPT, which is compile_archive.py.

import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [pyodide = "", script = "", ...archives] = process.argv.slice(2);
const folder = resolve(pyodide);
const { loadPyodide } = await import(pathToFileURL(join(folder, "pyodide.mjs")).href);
// Without columns: tracebacks lose their carets, and the code a fifth of its size.
const env = { PYTHONNODEBUGRANGES: "1" };
const python = await loadPyodide({ indexURL: folder, packageBaseUrl: folder, env });
python.runPython(await readFile(script, "utf8"));
const compileArchive = python.globals.get("compile_archive");
let mounts = 0;

/** @param {string} path */
function mount(path) {
  const point = `/host${++mounts}`;
  python.mountNodeFS(point, dirname(resolve(path)));
  return `${point}/${basename(path)}`;
}

for (let at = 0; at < archives.length; at += 3) {
  const [source = "", target = "", place] = archives.slice(at, at + 3);
  compileArchive(mount(source), mount(target), place);
}
