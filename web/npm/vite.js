// A plugin for Vite: serves the files of this package in dev and preview, puts them beside the built ones, and tells
// createRuntime where they are.

import { createReadStream, statSync } from "node:fs";
import { dirname, extname, join, normalize, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { copy } from "./copy.js";

const PACKAGE = dirname(fileURLToPath(import.meta.url));
const VIRTUAL = "\0sparewheel";
const TYPES = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".svg": "image/svg+xml",
};

/**
 * @param {{folder?: string}} [options]
 * @returns {any} A plugin.
 */
export default function sparewheel({ folder = "sparewheel" } = {}) {
  let base = "/";
  let outDir = "dist";
  let copies = false; // only a build for browsers has the files
  const serve = (/** @type {any} */ server) => void server.middlewares.use(answer(`${base}${folder}/`));
  return {
    name: "sparewheel",
    enforce: "pre",
    config: () => ({ optimizeDeps: { exclude: ["sparewheel", "sparewheel/chat"] } }),
    configResolved(/** @type {any} */ config) {
      base = config.base.endsWith("/") ? config.base : `${config.base}/`;
      outDir = resolve(config.root, config.build.outDir);
      copies = config.command === "build" && !config.build.ssr;
    },
    resolveId: (/** @type {string} */ id) => (id === "sparewheel" ? VIRTUAL : null),
    load(/** @type {string} */ id) {
      if (id !== VIRTUAL) return null;
      const script = JSON.stringify(join(PACKAGE, "sparewheel.js").split(sep).join("/"));
      const address = JSON.stringify(`${base}${folder}/`);
      return `import * as own from ${script};
export * from ${script};
export const createRuntime = (options = {}) => own.createRuntime({ assetBase: ${address}, ...options });
export const keepOffline = (options = {}) => own.keepOffline({ assetBase: ${address}, ...options });`;
    },
    configureServer: serve,
    closeBundle: () => copies && copy(join(outDir, folder)),
  };
}

/** @param {string} prefix */
function answer(prefix) {
  return (/** @type {any} */ request, /** @type {any} */ response, /** @type {() => void} */ next) => {
    const { pathname } = new URL(request.url, "http://localhost");
    if (!pathname.startsWith(prefix)) return next();
    const path = normalize(join(PACKAGE, decodeURIComponent(pathname.slice(prefix.length))));
    if (!path.startsWith(PACKAGE + sep) || !statSync(path, { throwIfNoEntry: false })?.isFile()) return next();
    response.setHeader(
      "Content-Type",
      /** @type {Record<string, string>} */ (TYPES)[extname(path)] ?? "application/octet-stream",
    );
    createReadStream(path).pipe(response);
  };
}
