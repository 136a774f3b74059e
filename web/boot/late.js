// What a restored Python does without until it needs them: the files of the standard library and of the packages. They
// serve imports that were not made before the snapshot, and the source lines of tracebacks. Most visits need neither.

import { DamagedFile } from "../assets/faults.js";
import { fileOf } from "./pyodide.js";

const LIBRARY = "/lib/python314.zip";

/**
 * Put the files into their places at once; nothing else happens meanwhile, for something waits to be imported.
 * @param {any} python Pyodide, restored.
 * @param {string} indexURL
 * @param {import("./pyodide.js").Lock} lock
 * @param {Pick<import("./boot.js").Network, "readNow">} network
 */
export function fetchLateFiles(python, indexURL, lock, network) {
  const { core, site } = lock.tool.sparewheel;
  const { FS, _api: api } = python;
  const [library, packages] = [`${core}python_stdlib.zip`, site].map((name) =>
    readIntact(python, fileOf(indexURL, lock, name), network),
  );
  FS.writeFile(LIBRARY, library, { canOwn: true });
  for (const [path, content] of contents(/** @type {Uint8Array} */ (packages))) {
    const target = `${api.sitepackages}/${path}`;
    FS.mkdirTree(target.slice(0, target.lastIndexOf("/")));
    FS.writeFile(target, content);
  }
}

/**
 * Read a file, and verify it in Python: there is no other SHA-256 that can be had at once.
 * @param {any} python
 * @param {import("../assets/download.js").File} file
 * @param {Pick<import("./boot.js").Network, "readNow">} network
 * @returns {Uint8Array}
 */
function readIntact(python, { url, sha256 }, network) {
  for (const again of [false, true]) {
    const bytes = network.readNow(url, again);
    if (call(python, "sha256_of", bytes) === sha256) return bytes;
  }
  throw new DamagedFile(url);
}

/**
 * Call a function of `sparewheel.worker.snapshot`.
 * @param {any} python Pyodide.
 * @param {"resume" | "sha256_of"} name
 * @param {unknown[]} args
 */
export function call(python, name, ...args) {
  const module = python.pyimport("sparewheel.worker.snapshot");
  try {
    return module[name](...args);
  } finally {
    module.destroy();
  }
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
