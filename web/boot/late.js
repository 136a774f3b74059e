// What a restored Python does without until it needs them: the files of the standard library and of the packages. They
// serve imports that were not made before the snapshot, and the source lines of tracebacks. Most visits need neither.

const LIBRARY = "/lib/python314.zip";

/**
 * Put the files into their places at once; nothing else happens meanwhile, for something waits to be imported.
 * @param {any} python Pyodide, restored.
 * @param {string} indexURL
 * @param {import("./pyodide.js").Lock} lock
 * @param {import("./boot.js").Network} network
 */
export function fetchLateFiles(python, indexURL, lock, network) {
  const { core, site } = lock.tool.sparewheel;
  const { FS, _api: api } = python;
  FS.writeFile(LIBRARY, network.readNow(`${indexURL + core}python_stdlib.zip`), { canOwn: true });
  for (const [path, content] of contents(network.readNow(indexURL + site))) {
    const target = `${api.sitepackages}/${path}`;
    FS.mkdirTree(target.slice(0, target.lastIndexOf("/")));
    FS.writeFile(target, content);
  }
}

/**
 * Call a function of `sparewheel.worker.snapshot`.
 * @param {any} python Pyodide.
 * @param {"resume"} name
 * @param {unknown[]} args
 */
export function call(python, name, ...args) {
  const module = python.pyimport("sparewheel.worker.snapshot");
  try {
    module[name](...args);
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
