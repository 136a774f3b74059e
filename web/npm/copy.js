#!/usr/bin/env node
// `npx sparewheel copy DIR`: put the files of this package where a web site's static files are.

import { cpSync, existsSync, readdirSync, rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { argv, exit, stderr } from "node:process";
import { fileURLToPath } from "node:url";

const PACKAGE = dirname(fileURLToPath(import.meta.url));
const ONLY_HERE = new Set(["package.json", "bundled.js", "README.md", "copy.js", "vite.js", "vite.d.ts", "node", "node_modules"]);
const OWN = "headless.html"; // by which a folder is known as a copy

/**
 * Copy the files that a browser needs. An earlier copy is replaced as a whole.
 * @param {string} target
 */
export function copy(target) {
  if (existsSync(target) && readdirSync(target).length > 0) {
    if (!existsSync(join(target, OWN)))
      throw new Error(`${target} has files that are not a copy of Sparewheel: name a folder of its own`);
    rmSync(target, { recursive: true });
  }
  const filter = (/** @type {string} */ path) => dirname(path) !== PACKAGE || !ONLY_HERE.has(basename(path));
  cpSync(PACKAGE, target, { recursive: true, filter });
}

/** @param {string[]} words */
function main([command, target, ...others]) {
  if (command !== "copy" || !target || others.length > 0) {
    stderr.write("Usage: sparewheel copy DIR, for example: npx sparewheel copy public/sparewheel\n");
    return 2;
  }
  try {
    copy(resolve(target));
  } catch (thrown) {
    stderr.write(`sparewheel: ${thrown instanceof Error ? thrown.message : thrown}\n`);
    return 1;
  }
  stderr.write(`sparewheel: ${target} has the files of this version. Pass its address to createRuntime as assetBase.\n`);
  return 0;
}

if (argv[1] && /(^|[\\/])(copy\.js|sparewheel)$/.test(argv[1])) exit(main(argv.slice(2)));
