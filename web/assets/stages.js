/**
 * @typedef {import("./faults.js").AssetFault} AssetFault
 * @typedef {import("../sparewheel.js").Progress} Progress
 * @typedef {Exclude<import("../sparewheel.js").Stage, "worker">} Stage
 */

const SILENCE_MS = 60_000;
// There is another way to start: it is not waited for so long.
const SNAPSHOT_SILENCE_MS = 30_000;
const PROGRESS_EVERY_MS = 100;

/** @type {Record<Stage, {message: string, hint: string}>} */
const STAGES = {
  check: {
    message: "Checking the browser",
    hint: "Check the network and that connect-src of the Content-Security-Policy allows the asset folder.",
  },
  snapshot: {
    message: "Starting Python from its snapshot",
    hint: "Python starts without a snapshot as well. Deploy the whole of dist/ at once: its files belong together.",
  },
  pyodide: {
    message: "Starting Python",
    hint:
      "Likely: a file is blocked by the Content-Security-Policy, served with a wrong MIME type " +
      "(.wasm must be application/wasm), damaged, or the network stalled.",
  },
  packages: {
    message: "Loading packages",
    hint: "Likely: a wheel is missing or is not the one that pyodide-lock.json names. Deploy the whole of dist/ at once.",
  },
  runtime: {
    message: "Starting the runtime",
    hint: "The browser's console may say more. Deploy the whole of dist/ at once: its files belong together.",
  },
};

/** Why the runtime could not start. */
export class BootError extends Error {
  /**
   * @param {Stage} stage
   * @param {string} reason
   * @param {string} hint
   * @param {boolean} [final] Whether a start without the snapshot would fail as well.
   */
  constructor(stage, reason, hint, final = false) {
    super(reason);
    this.stage = stage;
    this.hint = hint;
    this.final = final;
  }
}

/** Runs one stage after the other, tells how it goes, and ends one in which nothing happens any more. */
export class Stages {
  #began = performance.now();
  #onProgress;
  /** @type {Stage} */
  #stage = "check";
  #toldAt = 0;
  #patience = SILENCE_MS;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #onSilence = () => {};

  /** @param {(progress: Progress) => void} onProgress */
  constructor(onProgress) {
    this.#onProgress = onProgress;
  }

  /**
   * @template T
   * @param {Stage} stage
   * @param {() => Promise<T>} work
   * @returns {Promise<T>} Rejects with `BootError`.
   */
  async run(stage, work) {
    this.#stage = stage;
    this.#patience = stage === "snapshot" ? SNAPSHOT_SILENCE_MS : SILENCE_MS;
    const silence = new Promise((_, reject) => {
      this.#onSilence = () => reject(new Error(`nothing happened for ${this.#patience / 1000} s`));
    });
    this.#tell({});
    try {
      return await Promise.race([work(), /** @type {Promise<never>} */ (silence)]);
    } catch (thrown) {
      if (thrown instanceof BootError) throw thrown;
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      /** @type {Partial<AssetFault>} */
      const { hint = STAGES[stage].hint } = thrown instanceof Error ? thrown : {};
      throw new BootError(stage, reason, hint);
    } finally {
      clearTimeout(this.#timer);
    }
  }

  /**
   * Bytes have come.
   * @param {number} done
   * @param {number | undefined} total
   */
  progress(done, total) {
    if (performance.now() - this.#toldAt < PROGRESS_EVERY_MS && done !== total) return;
    this.#tell(total === undefined ? { done } : { done, total });
  }

  /** @param {{done?: number, total?: number}} bytes */
  #tell(bytes) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onSilence, this.#patience);
    this.#toldAt = performance.now();
    const { message } = STAGES[this.#stage];
    const ms = Math.round(this.#toldAt - this.#began);
    this.#onProgress({ type: "progress", stage: this.#stage, message, ...bytes, ms });
  }
}
