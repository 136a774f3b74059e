// Runs of the page itself in the sandbox of a session, which the agent does not see: what they ask for, and what they give.

import { base64Of, bytesOf } from "../base64.js";

/**
 * @typedef {import("../../protocol.js").CodeRunRequest} Request
 * @typedef {import("../../protocol.js").CodeSetup} Setup
 * @typedef {import("./run.js").End} End
 */

/** Of a session without a code toolset. */
const LIMITS = { time_ms: 10_000, output_chars: 100_000, memory_mb: 256, files: 100, file_bytes: 8 << 20 };

/** The files of the last run of the agent, for those of the page. */
export class Given {
  /** @type {Request["files"]} */
  #files = {};

  /** @param {Request} request Of the agent. */
  note({ files }) {
    this.#files = files;
  }

  /**
   * @param {string} code
   * @param {Setup | null} setup
   * @param {NonNullable<import("../../sparewheel.js").CodeOptions["files"]>} files
   * @returns {Promise<Request>}
   */
  async request(code, setup, files) {
    const own = await Promise.all(Object.entries(files).map(async ([path, file]) => [path, await dataOf(file)]));
    return {
      code,
      files: { ...this.#files, ...Object.fromEntries(own) },
      keep: false,
      functions: [],
      packages: setup?.packages ?? [],
      limits: setup?.limits ?? LIMITS,
    };
  }
}

/**
 * @param {End} end
 * @returns {import("../../sparewheel.js").CodeResult}
 */
export function resultOf({ status, detail, result }) {
  const { value = null, shown = [], error = null, exit = null, plots = [], files = [], left_out = [] } = result ?? {};
  return {
    ...{ status, detail, value, shown, error, exit, left_out },
    plots: plots.map(({ name, data, mime }) => ({ name, blob: new Blob([bytesOf(data)], { type: mime }) })),
    files: files.map(({ path, data }) => ({ name: path, blob: new Blob([bytesOf(data)]) })),
  };
}

/** @param {Blob | ArrayBuffer | ArrayBufferView | string} file A string is text. */
async function dataOf(file) {
  const blob = new Blob([/** @type {BlobPart} */ (file)]);
  return base64Of(new Uint8Array(await blob.arrayBuffer()));
}
