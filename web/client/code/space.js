// The sandbox of one session: its frame, the Python that its runs keep, and one that is started in advance.

import { withMaximum } from "./memory-limit.js";
import { FrameGone, NotRestored, Python } from "./python.js";
import { Run } from "./run.js";
import { Unavailable } from "./unavailable.js";

/**
 * @typedef {import("./run.js").Request} Request
 * @typedef {import("./run.js").End} End
 * @typedef {import("./run.js").Piece} Piece
 * @typedef {{name: string, blob: Blob}} Wheel
 * @typedef {Pick<import("./sandbox-frame.js").Frame, "start" | "remove" | "gone" | "onGone" | "after" | "answers" | "watch">} Frame
 *
 * @typedef {object} RunOptions
 * @property {AbortSignal} signal
 * @property {(piece: Piece) => void} onPiece
 * @property {(run: Run) => void} onRun Gets the run when it begins.
 *
 * @typedef {object} Setup What a Python is started with: only one with the same serves another run.
 * @property {string} key
 * @property {number} memory Bytes.
 * @property {Wheel[]} wheels
 */

const MEGABYTE = 1024 * 1024;
/** Python needs some memory beside what its start has taken. */
const HEADROOM = 16 * MEGABYTE;
const WHEELS = "/tmp/wheels/"; // where sandbox/worker.js puts them

export class Space {
  #files;
  #open;
  /** @type {Promise<Frame> | null} */
  #frame = null;
  /** @type {Map<number, Promise<Blob>>} Pyodide's module by its limit of memory. */
  #programs = new Map();
  #restores = true;
  /** @type {{setup: string, python: Python} | null} What the runs with `keep` run in, one after the other. */
  #kept = null;
  /** @type {Promise<unknown>} Settles when the last of them has ended. */
  #keeping = Promise.resolve();
  /** @type {{setup: string, python: Promise<Python>, drop: () => void} | null} */
  #spare = null;
  #closing = new AbortController();
  #nextRun = 1;

  /**
   * @param {import("./files.js").SandboxFiles} files
   * @param {() => Promise<Frame>} open Makes a frame, or what stands for it. Rejects with `Unavailable`.
   */
  constructor(files, open) {
    this.#files = files;
    this.#open = open;
  }

  get closed() {
    return this.#closing.signal.aborted;
  }

  /**
   * @param {Request} request
   * @param {Wheel[]} wheels
   * @param {RunOptions} options
   * @returns {Promise<End>} Rejects with `Unavailable`, or with the signal's reason if no code has run.
   */
  async run(request, wheels, options) {
    if (!request.keep) return this.#run(request, wheels, options);
    const running = this.#keeping.then(() => this.#run(request, wheels, options));
    this.#keeping = running.catch(() => {});
    return running;
  }

  /**
   * @param {Request} request
   * @param {Wheel[]} wheels
   * @param {RunOptions} options
   */
  async #run(request, wheels, { signal, onPiece, onRun }) {
    const stop = AbortSignal.any([signal, this.#closing.signal]);
    stop.throwIfAborted();
    const setup = setupOf(request, wheels);
    const python =
      (request.keep && (await this.#takeKept(setup.key))) ||
      (await this.#takeSpare(setup.key)) ||
      (await this.#start(setup, stop));
    const run = new Run(
      python,
      this.#nextRun++,
      request,
      wheels.map(({ name }) => WHEELS + name),
      onPiece,
    );
    onRun(run);
    const onStop = () => run.stop();
    stop.addEventListener("abort", onStop);
    if (stop.aborted) onStop();
    const end = await run.ended;
    stop.removeEventListener("abort", onStop);
    if (request.keep && python.alive) this.#kept = { setup: setup.key, python };
    else python.end();
    return end;
  }

  /** @param {string} setup */
  async #takeKept(setup) {
    const kept = this.#kept;
    this.#kept = null;
    if (kept?.setup === setup && (await kept.python.framed())) return kept.python;
    kept?.python.end();
    return null;
  }

  /**
   * Start a Python in advance, for the next run with the same setup.
   * @param {Request} request
   * @param {Wheel[]} wheels
   */
  prepare(request, wheels) {
    if (this.closed) return;
    const setup = setupOf(request, wheels);
    const hasKept = request.keep && this.#kept?.setup === setup.key && this.#kept.python.alive;
    if (this.#spare?.setup === setup.key || hasKept) return;
    this.dropSpare();
    const stop = new AbortController();
    const python = this.#start(setup, AbortSignal.any([stop.signal, this.#closing.signal]));
    const drop = () => {
      stop.abort(new DOMException("it is not needed", "AbortError"));
      python.then(
        (spare) => spare.end(),
        () => {},
      );
    };
    this.#spare = { setup: setup.key, python, drop };
    python.catch(() => {}); // the next run starts its own, and gets the reason
  }

  /** It takes about 60 MB. */
  dropSpare() {
    this.#spare?.drop();
    this.#spare = null;
  }

  /** @param {string} setup */
  async #takeSpare(setup) {
    const spare = this.#spare;
    if (spare?.setup !== setup) return null;
    this.#spare = null;
    const python = await spare.python.catch(() => null);
    return python && (await python.framed()) ? python : null;
  }

  /**
   * @param {Setup} setup
   * @param {AbortSignal} signal
   * @returns {Promise<Python>}
   */
  async #start(setup, signal) {
    try {
      return await this.#startIn(await this.#framed(), setup, signal);
    } catch (error) {
      if (!(error instanceof FrameGone) || this.closed) throw error;
      return this.#startIn(await this.#framed(), setup, signal); // it has crashed: once more in another one
    }
  }

  /**
   * @param {Frame} frame
   * @param {Setup} setup
   * @param {AbortSignal} signal
   * @returns {Promise<Python>}
   */
  async #startIn(frame, { memory, wheels }, signal) {
    const program = await this.#program(memory);
    signal.throwIfAborted();
    const begin = async (/** @type {boolean} */ snapshot) => {
      try {
        return await Python.start(frame, { program, wheels, snapshot, memory }, signal);
      } catch (error) {
        if (error instanceof Unavailable) frame.remove(); // nothing starts in it
        throw error;
      }
    };
    if (this.#restores) {
      try {
        return await begin(true);
      } catch (error) {
        if (!(error instanceof NotRestored)) throw error;
        console.warn(`sparewheel: the sandbox starts without the snapshot: ${error.message}`); // takes several times as long
        this.#restores = false;
      }
    }
    return begin(false);
  }

  /** @param {number} memory */
  #program(memory) {
    const known = this.#programs.get(memory);
    if (known) return known;
    const made = withMaximum(this.#files.program, memory, this.#files.heap + HEADROOM);
    this.#programs.set(memory, made);
    return made;
  }

  /** @returns {Promise<Frame>} Rejects with `Unavailable`. */
  #framed() {
    if (this.#frame) return this.#frame;
    const opening = this.#open();
    const forget = () => {
      if (this.#frame === opening) this.#frame = null;
    };
    this.#frame = opening;
    opening.then((frame) => {
      frame.onGone = forget;
      if (this.closed) frame.remove();
    }, forget);
    return opening;
  }

  /** End all that runs, and remove the frame. */
  close() {
    this.#closing.abort(new DOMException("the session has ended", "AbortError"));
    this.dropSpare();
    void this.#frame?.then(
      (frame) => frame.remove(),
      () => {},
    );
  }
}

/**
 * @param {Request} request
 * @param {Wheel[]} wheels
 * @returns {Setup}
 */
function setupOf({ limits }, wheels) {
  const memory = limits.memory_mb * MEGABYTE;
  return { key: JSON.stringify([memory, ...wheels.map(({ name }) => name)]), memory, wheels };
}
