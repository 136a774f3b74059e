import { SparewheelError } from "./errors.js";

/** @typedef {{resolve: (value: any) => void, reject: (error: Error) => void, promise: Promise<any>}} Request */

/** The commands that the worker has and has not answered. */
export class Requests {
  #nextId = 1;
  /** @type {Map<number, Request>} */
  #open = new Map();

  /** An id that no command has had. */
  newId() {
    return this.#nextId++;
  }

  /**
   * @param {number} id Of a command that is being sent.
   * @returns {Promise<any>} Settles with its reply.
   */
  open(id) {
    const request = /** @type {Request} */ ({});
    request.promise = new Promise((resolve, reject) => Object.assign(request, { resolve, reject }));
    this.#open.set(id, request);
    return request.promise;
  }

  get isEmpty() {
    return this.#open.size === 0;
  }

  /** Settles when all that are open now have settled. */
  get settled() {
    return Promise.allSettled([...this.#open.values()].map(({ promise }) => promise));
  }

  /** @param {import("../protocol.js").Reply} reply */
  answer({ id, error, result }) {
    const request = this.#open.get(id ?? 0);
    this.#open.delete(id ?? 0);
    if (error) request?.reject(new SparewheelError(error));
    else request?.resolve(result);
  }

  /** Forget those that are open: no reply comes any more. Returns what rejects them. */
  drop() {
    const open = [...this.#open.values()];
    this.#open.clear();
    return (/** @type {SparewheelError} */ error) => open.forEach(({ reject }) => reject(error));
  }
}
