// What a restored Python has to do without at first: the files of the standard library and of the packages. They serve
// imports that were not made before the snapshot, and the source lines of tracebacks.

import { call } from "./restore.js";

const FILES_A_TURN = 16;

/**
 * @param {any} python Pyodide, restored.
 * @param {string} indexURL
 * @param {import("./pyodide.js").Lock} lock
 * @param {import("../boot.js").Network} network
 */
export async function complete(python, indexURL, lock, network) {
  const { core, site } = lock.tool.sparewheel;
  const low = { priority: /** @type {const} */ ("low") };
  const [library, packages] = await Promise.all([
    network.read(`${indexURL + core}python_stdlib.zip`, low),
    network.read(indexURL + site, { ...low, packed: true }),
  ]);
  python.FS.writeFile("/lib/python314.zip", library, { canOwn: true });
  const files = contents(packages);
  while (files.length > 0) {
    // Never for long: a turn may be under way.
    for (const [path, content] of files.splice(0, FILES_A_TURN)) {
      const target = `${python._api.sitepackages}/${path}`;
      python.FS.mkdirTree(target.slice(0, target.lastIndexOf("/")));
      python.FS.writeFile(target, content);
    }
    await new Promise((resolve) => setTimeout(resolve));
  }
  call(python, "forget_files");
}

/**
 * The files in the archive that the build makes: their paths and sizes as a line of JSON, then one after the other.
 * @param {Uint8Array} archive
 * @returns {[path: string, content: Uint8Array][]}
 */
export function contents(archive) {
  let at = archive.indexOf(10) + 1;
  /** @type {[string, number][]} */
  const index = JSON.parse(new TextDecoder().decode(archive.subarray(0, at)));
  return index.map(([path, size]) => [path, archive.subarray(at, (at += size))]);
}
