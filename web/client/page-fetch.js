// So many pieces of a body go to the worker before it has read the first: enough to keep it busy, and little memory.
const AHEAD = 8;
// How long a body has for its end after all is said. Broken off at once, its connection could not be used again.
const LINGER_MS = 1000;

/**
 * @typedef {NonNullable<import("../sparewheel.js").RuntimeOptions["fetch"]>} Fetch
 * @typedef {import("./client.js").Client} Client
 * @typedef {{request: number, url: string, method: string, headers: Record<string, string>, redirect: RequestRedirect,
 *   body?: string}} Request
 */

/** Makes the worker's requests with a function of the page's. */
export class PageFetch {
  #client;
  #fetch;
  /** @type {Map<number, AbortController>} The requests whose answer the worker wants to hear. */
  #open = new Map();

  /**
   * @param {Client} client
   * @param {Fetch} fetch
   */
  constructor(client, fetch) {
    this.#client = client;
    this.#fetch = fetch;
    client.on("fetch_request", (request) => this.#make(request));
    client.on("fetch_cancel", ({ request, linger }) => this.#cancel(request, linger));
    client.closed.then(() => [...this.#open.keys()].forEach((request) => this.#cancel(request, false)));
    client.tell("use_page_fetch", {}); // commands are taken in order: the sessions that come use it
  }

  /** @param {Request} asked */
  async #make({ request, url, method, headers, redirect, body }) {
    const control = new AbortController();
    const { signal } = control;
    this.#open.set(request, control);
    try {
      const fetch = this.#fetch; // called as a function, for the browser's own is none of our methods
      const init = { method, headers, redirect, ...(body !== undefined && { body }), signal };
      const response = checked(await fetch(url, init));
      const reader = response.body?.getReader();
      const stop = () => void reader?.cancel().catch(() => {}); // the function may not have looked at its signal
      signal.addEventListener("abort", stop);
      if (signal.aborted) return stop();
      const { status, redirected } = response;
      // The address of a proxy says nothing of where the answer came from.
      const from = redirected ? response.url : "";
      this.#say({ request, status, url: from, headers: Object.fromEntries(response.headers) });
      if (reader) await this.#pass(request, reader);
      this.#say({ request, done: true });
    } catch (thrown) {
      this.#say({ request, error: String(thrown) });
      control.abort();
    } finally {
      this.#open.delete(request);
    }
  }

  /**
   * @param {number} request
   * @param {ReadableStreamDefaultReader<Uint8Array>} reader
   */
  async #pass(request, reader) {
    /** @type {Promise<void>[]} */
    const unread = [];
    for (;;) {
      const { done, value } = await reader.read();
      if (done || !this.#open.has(request)) return;
      unread.push(this.#say({ request, chunk: base64(value) }));
      if (unread.length === AHEAD) await unread.shift();
    }
  }

  /**
   * @param {number} request
   * @param {boolean} linger
   */
  #cancel(request, linger) {
    const control = this.#open.get(request);
    this.#open.delete(request);
    if (linger) setTimeout(() => control?.abort(), LINGER_MS);
    else control?.abort();
  }

  /**
   * @param {{request: number} & Record<string, unknown>} answer
   * @returns {Promise<void>} Resolves when the worker has read it, or does not want it.
   */
  async #say(answer) {
    if (this.#open.has(answer.request)) await this.#client.tell("fetch_answer", answer);
  }
}

/**
 * @param {unknown} value
 * @returns {Response}
 */
function checked(value) {
  // The tag, not the class: a page may have Responses of other realms.
  if (Object.prototype.toString.call(value) !== "[object Response]") {
    throw new TypeError("the page's fetch returned no Response");
  }
  const response = /** @type {Response} */ (value);
  if (response.status > 0) return response;
  throw new TypeError(`the page's fetch returned a Response that nobody may read (${response.type})`);
}

/** @param {Uint8Array} bytes */
function base64(bytes) {
  if (!ArrayBuffer.isView(bytes)) throw new TypeError("the body of the page's Response has pieces that are no bytes");
  let binary = "";
  // In parts, because a call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(binary);
}
