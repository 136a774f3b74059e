// The messages between the page, the frame and its workers. What a run sends goes through a port: client/code/messages.js.

/**
 * @typedef {object} Files All Blobs, which are shared and not copied.
 * @property {Blob} script Of the workers.
 * @property {Record<string, Blob>} parts By name below the folder `pyodide/`.
 * @property {{path: string, blob: Blob}[]} sideModules
 * @property {import("../boot/pyodide.js").Lock} lock
 *
 * @typedef {object} Start
 * @property {"start"} type
 * @property {number} id
 * @property {Blob} program Pyodide's WebAssembly module.
 * @property {{name: string, blob: Blob}[]} wheels
 * @property {boolean} snapshot
 *
 * @typedef {object} Timer
 * @property {"timer"} type
 * @property {number} id
 * @property {number | null} ms null: it is not needed any more.
 *
 * @typedef {{type: "files", files: Files} | Start | {type: "end", id: number} | Timer | {type: "ping"}} ToFrame
 *
 * @typedef {{type: "hello", build: string, opaque: boolean, confined: boolean}} Hello
 * @typedef {Hello | {type: "died", id: number, message: string} | {type: "time", id: number} | {type: "pong"}} FromFrame
 *
 * @typedef {object} ToWorker
 * @property {WebAssembly.Module} program
 * @property {{path: string, module: WebAssembly.Module}[]} sideModules
 * @property {Record<string, Blob>} parts
 * @property {import("../boot/pyodide.js").Lock} lock
 * @property {{name: string, blob: Blob}[]} wheels
 * @property {boolean} snapshot
 */
export {};
