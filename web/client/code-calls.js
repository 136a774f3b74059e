import { BUILD } from "../boot/build.js";
import { messageOf, SparewheelError } from "./errors.js";
import { Failure } from "./host-calls.js";
import { Queue } from "./queue.js";

/**
 * @typedef {import("./code/sandbox.js").CodeSandbox} CodeSandbox
 * @typedef {() => Promise<{place: import("./code/sandbox.js").Place}>} LoadPlace
 */

/** The key of an option of `createRuntime` that node/index.js sets: a `LoadPlace`. */
export const PLACE = Symbol.for("sparewheel.code.place");

/** Runs code for the worker. What the sandbox is made of is loaded when the first code comes. */
export class CodeCalls {
  #base;
  #loadPlace;
  /** @type {Promise<CodeSandbox> | null} */
  #sandbox = null;

  /**
   * @param {import("./host-calls.js").HostCalls} calls
   * @param {URL} base The folder of the assets.
   * @param {LoadPlace} [loadPlace] Where code runs, if not in a frame of this page.
   */
  constructor(calls, base, loadPlace) {
    this.#base = base;
    this.#loadPlace = loadPlace;
    calls.serve("code_missing", async () => (loadPlace ? (await this.load()).missing() : "")); // a frame is made when code runs
    calls.serve("code_run", async ({ call: number, session, input }, call) => {
      const sandbox = await this.load();
      /** @type {Queue<import("../protocol.js").CodePiece>} */
      const pieces = new Queue();
      const onPiece = pieces.push.bind(pieces);
      const running = sandbox.run(session, number, input, { signal: call.signal, onPiece }).finally(() => pieces.end());
      running.catch(() => {}); // awaited below
      for await (const value of pieces) if (!(await call.send({ value }))) break;
      return running.catch(rethrow);
    });
    calls.serve("code_answer", async ({ session, input }) => (await this.load()).answer(session, input));
    calls.onEnd((session) => {
      if (session === undefined)
        this.#sandbox?.then(
          (sandbox) => sandbox.closeAll(),
          () => {},
        );
      else
        this.#sandbox?.then(
          (sandbox) => sandbox.close(session),
          () => {},
        );
    });
  }

  /**
   * Run code of the page in the sandbox of a session.
   * @param {string} session
   * @param {string} code
   * @param {import("../protocol.js").CodeSetup | null} setup Of the agent's toolset.
   * @param {import("../sparewheel.js").CodeOptions} options
   * @param {import("../sparewheel.js").CodeListener | undefined} onOutput
   * @returns {Promise<import("../sparewheel.js").CodeResult>} Rejects with a `SparewheelError`.
   */
  async runApart(session, code, setup, options, onOutput) {
    try {
      return await (await this.load()).runApart(session, code, setup, options, onOutput).catch(rethrow);
    } catch (thrown) {
      const kind = thrown instanceof Failure ? thrown.kind : "internal";
      throw new SparewheelError({ kind, message: messageOf(thrown) });
    }
  }

  /** @returns {Promise<CodeSandbox>} */
  load() {
    this.#sandbox ??= this.#load();
    return this.#sandbox;
  }

  async #load() {
    try {
      const { CodeSandbox, BUILD: own } = await import("./code/sandbox.js");
      if (own !== BUILD) throw new Error("it is of another build than the page's scripts: reload the page");
      return new CodeSandbox(this.#base, (await this.#loadPlace?.())?.place);
    } catch (thrown) {
      this.#sandbox = null;
      const reason = `its script could not be loaded: ${messageOf(thrown)}`;
      throw new Failure(`there is no sandbox for code: ${reason}`, "code_unavailable");
    }
  }
}

/**
 * @param {unknown} thrown
 * @returns {never}
 */
function rethrow(thrown) {
  // Not their classes: the script of the sandbox is a bundle of its own.
  if (thrown instanceof Error && thrown.name === "Unavailable") throw new Failure(thrown.message, "code_unavailable");
  if (thrown instanceof Error && thrown.name === "Offline") throw new Failure(thrown.message, "network");
  throw thrown;
}
