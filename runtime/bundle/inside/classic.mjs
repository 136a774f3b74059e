// Joins Pyodide's scripts and the sandbox's to one classic script, as the page does, and checks that it is one:
// node classic.mjs CLASSIC_JS PYODIDE_ASM_MJS PYODIDE_MJS SANDBOX_JS

import { readFileSync } from "node:fs";
import { argv } from "node:process";
import { pathToFileURL } from "node:url";
import { Script } from "node:vm";

const [module, ...files] = argv.slice(2);
const { classicScript } = await import(pathToFileURL(module).href);
new Script(classicScript(...files.map((file) => readFileSync(file, "utf8"))).join(""));
