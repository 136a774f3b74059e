// Runs Python code that a model wrote: in a frame of an opaque origin without network and storage, in a worker for each run.
// Outside of browsers the place is another one (node/code/place.js). Where there is none the code does not run at all. What is
// promised of it: SECURITY.md.

import { bytesIntact } from "../../assets/download.js";
import { AssetFault } from "../../assets/faults.js";
import { Given, resultOf } from "./apart.js";
import { loadFiles } from "./files.js";
import { Frame } from "./sandbox-frame.js";
import { readRequest, wheelName } from "./request.js";
import { Space } from "./space.js";
import { Turns } from "./turns.js";
import { Offline, Unavailable } from "./unavailable.js";

export { BUILD } from "../../boot/build.js";
export { Unavailable };

/**
 * @typedef {import("../../protocol.js").CodeRunRequest} Request
 * @typedef {import("../../protocol.js").CodeAnswerRequest} Answer
 * @typedef {import("./run.js").End} End
 * @typedef {import("./run.js").Piece} Piece
 * @typedef {import("./run.js").Run} Run
 *
 * @typedef {object} Place Where code runs.
 * @property {() => Promise<string>} missing Why there is none here; empty if there is one, or if that is not known yet.
 * @property {import("../../assets/download.js").Fetch} fetch
 * @property {(files: import("../../sandbox/messages.js").Files) => Promise<import("./space.js").Frame>} open Makes what the
 *   runs of a session have in common. Rejects with `Unavailable`.
 */

/** Runs of all sessions at once: each takes up to 130 MB and what its code takes. */
const MAX_RUNNING = 3;
const MAX_WAITING = 20;
/** Milliseconds after which an unused spare is ended. */
const IDLE_MS = 300_000;

export class CodeSandbox {
  #base;
  #place;
  /** @type {Promise<import("./files.js").SandboxFiles> | null} */
  #files = null;
  /** @type {Map<string, Promise<Blob>>} Wheels by SHA-256. */
  #wheels = new Map();
  /** @type {Map<string, Space>} By session. */
  #spaces = new Map();
  /** @type {Map<string, Map<number, Run>>} By session and number. */
  #runs = new Map();
  /** @type {Map<string, Given>} By session. */
  #given = new Map();
  /** Numbers of runs that are not the agent's. */
  #apart = 0;
  #turns = new Turns(MAX_RUNNING, MAX_WAITING);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #idle;

  /**
   * @param {URL} base The folder of the assets, with a slash at its end.
   * @param {Place} [place] By default a frame of this page.
   */
  constructor(base, place = inFrame(base)) {
    this.#base = base;
    this.#place = place;
  }

  /** @returns {Promise<string>} Why there is no sandbox; empty if there is one, or if that is not known yet. */
  missing() {
    return this.#place.missing();
  }

  /**
   * Run code. Resolves however the code ends.
   * @param {string} session
   * @param {number} number By which `answer` finds the run.
   * @param {Request} request
   * @param {{signal: AbortSignal, onPiece: (piece: Piece) => void}} options
   * @returns {Promise<End>} Rejects with `Unavailable`.
   */
  async run(session, number, request, { signal, onPiece }) {
    const asked = readRequest(request);
    if (number >= 0) this.#givenTo(session).note(asked);
    const leave = await this.#turns.enter(signal);
    try {
      const [space, wheels] = await Promise.all([this.#space(session), this.#wheelsOf(asked)]);
      const onRun = (/** @type {Run} */ run) => this.#runsOf(session).set(number, run);
      const end = await space.run(asked, wheels, { signal, onPiece, onRun });
      this.#prepare(space, asked, wheels);
      return end;
    } catch (thrown) {
      if (!(thrown instanceof AssetFault)) throw thrown;
      const isOffline = globalThis.navigator?.onLine === false; // Node and Deno do not tell
      throw isOffline ? new Offline("its files") : new Unavailable(`${thrown.message}. ${thrown.hint}`);
    } finally {
      this.#runs.get(session)?.delete(number);
      leave();
    }
  }

  /**
   * Run code of the page, apart from what the agent does.
   * @param {string} session
   * @param {string} code
   * @param {import("../../protocol.js").CodeSetup | null} setup Of the agent's toolset.
   * @param {import("../../sparewheel.js").CodeOptions} options
   * @param {import("../../sparewheel.js").CodeListener | undefined} onOutput
   * @returns {Promise<import("../../sparewheel.js").CodeResult>} Rejects with `Unavailable`.
   */
  async runApart(session, code, setup, { files = {}, signal = new AbortController().signal }, onOutput) {
    const request = await this.#givenTo(session).request(code, setup, files);
    const onPiece = (/** @type {Piece} */ piece) => {
      if (piece.type === "output") onOutput?.({ stream: piece.stream, text: piece.text });
    };
    try {
      return resultOf(await this.run(session, --this.#apart, request, { signal, onPiece }));
    } catch (thrown) {
      if (signal.aborted) return resultOf({ status: "stopped", detail: "", result: null });
      throw thrown;
    }
  }

  /**
   * Answer a call of the code.
   * @param {string} session
   * @param {Answer} answer
   * @returns {boolean} Whether the code still waits for it.
   */
  answer(session, { run, id, value, error }) {
    return this.#runs.get(session)?.get(run)?.answer(id, { value, error }) ?? false;
  }

  /** @param {string} session One that has ended: all that runs in it ends. */
  close(session) {
    this.#spaces.get(session)?.close();
    this.#spaces.delete(session);
    this.#runs.delete(session);
    this.#given.delete(session);
  }

  closeAll() {
    clearTimeout(this.#idle);
    for (const session of [...this.#spaces.keys()]) this.close(session);
  }

  /** @param {string} session */
  async #space(session) {
    this.#files ??= loadFiles(new URL("pyodide/", this.#base).href, this.#place.fetch);
    const loading = this.#files;
    const files = await loading.catch((error) => {
      if (this.#files === loading) this.#files = null; // the network may be back next time
      throw error;
    });
    const known = this.#spaces.get(session);
    if (known) return known;
    const space = new Space(files, () => this.#place.open(files.shared));
    this.#spaces.set(session, space);
    return space;
  }

  /** @param {string} session */
  #givenTo(session) {
    const known = this.#given.get(session) ?? new Given();
    this.#given.set(session, known);
    return known;
  }

  /** @param {string} session */
  #runsOf(session) {
    const known = this.#runs.get(session);
    if (known) return known;
    /** @type {Map<number, Run>} */
    const runs = new Map();
    this.#runs.set(session, runs);
    return runs;
  }

  /**
   * The spare is for the session that has run something last.
   * @param {Space} space
   * @param {Request} request
   * @param {import("./space.js").Wheel[]} wheels
   */
  #prepare(space, request, wheels) {
    for (const other of this.#spaces.values()) if (other !== space) other.dropSpare();
    space.prepare(request, wheels);
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => space.dropSpare(), IDLE_MS);
  }

  /** @param {Request} request */
  #wheelsOf({ packages }) {
    return Promise.all(
      packages.map(async ({ name, file, sha256 }) => ({ name: wheelName(file, name), blob: await this.#wheel(file, sha256) })),
    );
  }

  /**
   * @param {string} file Its address, which may be relative to the folder `pyodide/`.
   * @param {string} sha256
   */
  #wheel(file, sha256) {
    const known = this.#wheels.get(sha256);
    if (known) return known;
    const url = new URL(file, new URL("pyodide/", this.#base)).href;
    const loading = bytesIntact({ url, sha256 }, (init) => this.#place.fetch(url, init)).then((bytes) => new Blob([bytes]));
    this.#wheels.set(sha256, loading);
    loading.catch(() => this.#wheels.delete(sha256));
    return loading;
  }
}

/**
 * @param {URL} base
 * @returns {Place}
 */
function inFrame(base) {
  return {
    missing: async () => "",
    fetch: (url, init) => fetch(url, init),
    open: async (files) => {
      if (!globalThis.document) throw new Unavailable("it is a frame of a page, and here is no page");
      return Frame.open(new URL("sandbox.html", base), files);
    },
  };
}
