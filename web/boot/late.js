// What a restored Python has to do without at first: the files of the standard library and of the packages. They serve
// imports that were not made before the snapshot, and the source lines of tracebacks.

const FILES_A_TURN = 16;
const LIBRARY = "/lib/python314.zip";

export class LateFiles {
  #python;
  #network;
  #urls;

  /**
   * @param {any} python Pyodide, restored.
   * @param {string} indexURL
   * @param {import("./pyodide.js").Lock} lock
   * @param {import("../boot.js").Network} network
   */
  constructor(python, indexURL, lock, network) {
    const { core, site } = lock.tool.sparewheel;
    this.#python = python;
    this.#network = network;
    this.#urls = { library: `${indexURL + core}python_stdlib.zip`, packages: indexURL + site };
  }

  /** In the background, and never for long: a turn may be under way. */
  async fetch() {
    const low = { priority: /** @type {const} */ ("low") };
    const [library, packages] = await Promise.all([
      this.#network.read(this.#urls.library, low),
      this.#network.read(this.#urls.packages, { ...low, packed: true }),
    ]);
    const files = contents(packages);
    while (files.length > 0) {
      this.#write(files.splice(0, FILES_A_TURN));
      await new Promise((resolve) => setTimeout(resolve));
    }
    this.#python.FS.writeFile(LIBRARY, library, { canOwn: true });
    call(this.#python, "complete");
  }

  /** At once, and nothing else happens meanwhile: something is imported that has not come yet. */
  fetchNow() {
    this.#python.FS.writeFile(LIBRARY, this.#network.readNow(this.#urls.library), { canOwn: true });
    this.#write(contents(this.#network.readNow(this.#urls.packages)));
  }

  /** @param {[path: string, content: Uint8Array][]} files */
  #write(files) {
    const { FS, _api: api } = this.#python;
    for (const [path, content] of files) {
      const target = `${api.sitepackages}/${path}`;
      FS.mkdirTree(target.slice(0, target.lastIndexOf("/")));
      FS.writeFile(target, content);
    }
  }
}

/**
 * Call a function of `sparewheel.snapshot`.
 * @param {any} python Pyodide.
 * @param {"resume" | "complete"} name
 * @param {unknown[]} args
 */
export function call(python, name, ...args) {
  const module = python.pyimport("sparewheel.snapshot");
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
