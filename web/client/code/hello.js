// The first message of a frame. A frame that may not be loaded raises no error, it sends nothing.

import { BUILD } from "../../boot/build.js";
import { whySilent } from "./silence.js";
import { Offline, Unavailable } from "./unavailable.js";

/** @typedef {import("../../sandbox/messages.js").Hello} Hello */

/** Milliseconds of silence after which the page looks at the file itself. */
const LOOK_MS = 1500;

/**
 * Put the frame into the page, and wait for its first message.
 * @param {HTMLIFrameElement} element
 * @param {URL} url Of sandbox.html.
 * @returns {Promise<void>} Rejects with `Unavailable`, or with `Offline`.
 */
export function started(element, url) {
  const listening = new AbortController();
  const { signal } = listening;
  /** @type {Promise<void>} */
  const waiting = new Promise((resolve, reject) => {
    const refuse = (/** @type {string} */ why) => reject(new Unavailable(`${url.href} ${why}`));
    const receive = (/** @type {Hello | null} */ data) => {
      if (data?.type !== "hello") return;
      const problem = problemOf(data);
      if (problem) refuse(problem);
      else resolve();
    };
    addEventListener("message", ({ source, data }) => source === element.contentWindow && receive(data), { signal });
    const violated = (/** @type {SecurityPolicyViolationEvent} */ { effectiveDirective, blockedURI, disposition }) => {
      const isFrame = ["frame-src", "child-src", "default-src"].includes(effectiveDirective);
      if (isFrame && disposition === "enforce" && url.href.startsWith(blockedURI))
        refuse(`may not be a frame of this page: add "frame-src ${url.href}" to its Content-Security-Policy`);
    };
    document.addEventListener("securitypolicyviolation", violated, { signal });
    judge(url, signal).then(reject, reject); // nothing, if it has started
    (document.body ?? document.documentElement).append(element);
  });
  return waiting.finally(() => listening.abort());
}

/** @param {Hello} hello */
function problemOf({ opaque, build, confined }) {
  if (!opaque) return "has an origin in its frame, which this browser should not give it";
  if (build !== BUILD) return "is of another build than the page's scripts: reload the page";
  return confined ? "" : "has not the policy with which it was built: deploy the file as it is";
}

/**
 * @param {URL} url
 * @param {AbortSignal} signal Aborted when the frame is no longer waited for.
 * @returns {Promise<Error>} Why the frame is silent, once that is certain, or has lasted. Rejects if it is not waited for.
 */
async function judge(url, signal) {
  await pause(LOOK_MS);
  signal.throwIfAborted();
  if (!navigator.onLine) return new Offline(url.href); // a service worker may have the file, but not for this frame
  const { why, patience } = await whySilent(url, signal);
  await pause(patience);
  return new Unavailable(`${url.href} ${why}`);
}

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
