// Makes one classic script of Pyodide's two modules and the sandbox's own script. The policy of the sandbox allows neither
// a module nor `import()` of a blob. It is made from the files that a start has loaded already, so that nothing is loaded
// twice; the build checks that each replacement finds what it replaces (runtime/bundle/inside/classic.mjs). No `import()` is
// left in it: the policy of a page would refuse each, Deno not all of them.

const MAIN = /\bexport default (\w+);/g;
const LOADER = /\bexport\s*\{\s*([\w$]+) as loadPyodide\b[^}]*\};/g;
const IMPORT = /\bimport\(/g;
const ADDRESS = /\bimport\.meta\.url\b/g;

/**
 * @param {string} main pyodide.asm.mjs
 * @param {string} loader pyodide.mjs
 * @param {string} own The sandbox's script, which takes both from `self.sparewheelScripts`.
 * @returns {string[]} The parts of the script.
 * @throws {Error} Pyodide's modules are not as expected.
 */
export function classicScript(main, loader, own) {
  const factory = asFunction(main.replace(ADDRESS, '""'), MAIN, "pyodide.asm.mjs");
  const load = asFunction(loader.replace(ADDRESS, '""'), LOADER, "pyodide.mjs");
  const noImport = `const noImport = async () => { throw new TypeError("there is nothing to import in the sandbox"); };\n`;
  return [
    `"use strict";\n${noImport}self.sparewheelScripts = { createPyodideModule: `,
    factory,
    `, loadPyodide: `,
    load,
    `};\n`,
    own,
  ];
}

/**
 * @param {string} module
 * @param {RegExp} ending Its only export.
 * @param {string} name
 */
function asFunction(module, ending, name) {
  const found = [...module.matchAll(ending)];
  const text = module.replace(ending, "return $1;").replace(IMPORT, "noImport(");
  if (found.length !== 1 || /\bimport\.meta\b|^\s*(?:import|export)\s*[\w{*"]/m.test(text)) {
    throw new Error(`${name} of this Pyodide is not as expected: adapt web/client/code/classic.js`);
  }
  return `(() => {${text}\n})()`;
}
