// The requests of a conversation to its models. No DOM here.

import { visible } from "../visible.js";
import { TurnCount } from "./turn-count.js";

/**
 * @typedef {import("../../events.js").RequestEvent} RequestEvent
 * @typedef {{turn: number, event: RequestEvent}} Sent `turn` is counted from 1.
 */

/** Later ones are not kept. */
const MAX_REQUESTS = 500;

export class Requests {
  /** @type {Sent[]} In order. */
  all = [];
  #turns = new TurnCount();

  clear() {
    this.all = [];
    this.#turns = new TurnCount();
  }

  /**
   * @param {import("../../sparewheel.js").Event} event
   * @returns {boolean} Whether it is a request.
   */
  push(event) {
    const turn = this.#turns.of(event);
    if (event.type !== "request" || this.all.length >= MAX_REQUESTS) return false;
    this.all.push({ turn, event });
    return true;
  }
}

/**
 * A request and the head of its response, as HTTP writes them.
 * @param {RequestEvent} event
 */
export function requestText({ method, url, headers, body_bytes: bytes, status, response_headers: answered, headers_ms: ms }) {
  const head = status === null ? `(no response after ${ms} ms)` : `${status} (after ${ms} ms)`;
  const lines = [`${method} ${url}`, ...linesOf(headers), "", `(${bytes} bytes)`, "", head, ...linesOf(answered)];
  return visible(lines.join("\n"));
}

/** @param {Record<string, string>} headers */
function linesOf(headers) {
  return Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
}
