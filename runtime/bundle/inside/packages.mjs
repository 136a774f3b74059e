// node packages.mjs PYODIDE TOOLS WORK: runs packages.py, beside this file, inside Pyodide's Python. TOOLS is a folder with
// the Python packages that it imports, WORK its work folder.

import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [pyodide, tools, work] = process.argv.slice(2).map((path) => resolve(path));
const { loadPyodide } = await import(pathToFileURL(join(pyodide, "pyodide.mjs")).href);
const env = {
  PYTHONNODEBUGRANGES: "1", // no columns in bytecode: a fifth smaller, but tracebacks have no carets
  SOURCE_DATE_EPOCH: "1580601600", // the time of every entry of an archive (2020-02-02): equal sources give equal bytes
};
const python = await loadPyodide({ indexURL: pyodide, packageBaseUrl: pyodide, env });
python.mountNodeFS("/tools", tools);
python.mountNodeFS("/work", work);
python.pyimport("sys").path.append("/tools");
python.runPython(await readFile(new URL("packages.py", import.meta.url), "utf8"));
python.globals.get("main")("/work");
