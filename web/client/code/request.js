// What a run asks for, and how much it may: the runtime checks it as well, so what is wrong here is a defect, or too much.

/**
 * @typedef {import("../../protocol.js").CodeRunRequest} Request
 * @typedef {import("../../protocol.js").CodeLimits} Limits
 */

/** @type {Record<keyof Limits, {least: number, most: number}>} */
const BOUNDS = {
  time_ms: { least: 1, most: 3_600_000 },
  output_chars: { least: 0, most: 10_000_000 },
  memory_mb: { least: 1, most: 4096 },
  files: { least: 0, most: 1000 },
  file_bytes: { least: 0, most: 64_000_000 },
};

/**
 * @param {Request} request
 * @returns {Request} The same, within the bounds of this page.
 * @throws {TypeError} It is not such a request.
 */
export function readRequest({ code, files = {}, keep = false, functions = [], packages = [], limits }) {
  if (typeof code !== "string") throw new TypeError("the code is not a text");
  return { code, files, keep, functions, packages, limits: readLimits(limits) };
}

/** @param {Limits} limits */
function readLimits(limits) {
  const entries = Object.entries(BOUNDS).map(([name, { least, most }]) => {
    const given = limits[/** @type {keyof Limits} */ (name)];
    if (!Number.isFinite(given)) throw new TypeError(`the limit ${name} is not a number`);
    return [name, Math.min(Math.max(given, least), most)];
  });
  return /** @type {Limits} */ (Object.fromEntries(entries));
}

/**
 * The name of a wheel's file, with which it is put into the sandbox.
 * @param {string} file Its address.
 * @param {string} name Of the package.
 */
export function wheelName(file, name) {
  const last = new URL(file, "https://h/").pathname.split("/").at(-1) ?? "";
  return /^[\w.+-]+\.whl$/.test(last) ? last : `${name.replace(/\W/g, "_")}.whl`;
}
