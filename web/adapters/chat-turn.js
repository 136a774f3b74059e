// A turn in `<sparewheel-chat>`: the answer as it streams, the failures that were survived, and how it ended.

import { button, make } from "./chat-dom.js";
import { questionOf } from "./chat-question.js";

/**
 * @typedef {import("../events.js").Event} Event
 * @typedef {import("../sparewheel.js").Session} Session
 *
 * @typedef {object} Output What one attempt shows.
 * @property {HTMLElement} box
 * @property {HTMLElement} text
 * @property {string} pending Text that comes with the next frame.
 */

export class ChatTurn {
  root = make("div", { className: "answer", "aria-busy": "true" });
  #session;
  #notes = make("ul", { className: "notes quiet" });
  /** @type {Map<number, Output>} */
  #outputs = new Map();
  /** @type {Map<string, HTMLElement>} Lines of calls, and questions. */
  #calls = new Map();
  /** @type {Map<string, HTMLElement>} */
  #questions = new Map();
  #frame = 0;
  #on;
  #inDoubt = false;

  /**
   * @param {Session} session
   * @param {{changed: () => void, status: (text: string) => void, resume: () => void}} on `changed`: more is shown. `resume`: the
   *   user wants the turn to go on.
   */
  constructor(session, on) {
    this.#session = session;
    this.#on = on;
  }

  /** @param {Event} event */
  push(event) {
    if (event.type === "delta" && event.task === undefined) return this.#delta(event);
    this.#flush();
    this.#show(event);
    this.#on.changed();
  }

  /** @param {Event} event */
  #show(event) {
    switch (event.type) {
      case "discard":
        if (event.task === undefined) this.#discard(event.attempt);
        return this.#note(`Attempt ${event.attempt} failed mid-answer; its ${event.chars} characters were discarded.`);
      case "retry":
        return this.#note(`${event.model} is asked again: ${event.reason}`);
      case "fallback":
        return this.#note(`${event.from} failed, ${event.to} is asked: ${event.reason}`);
      case "hedge":
        return this.#note(`${event.from} is slow, ${event.to} is asked as well.`);
      case "skipped":
        return this.#note(`${event.model} is left out: ${event.reason}`);
      case "offline":
      case "warning":
        return this.#note(event.message);
      case "recovered":
        return this.#note(`${event.model} answers again.`);
      case "tool_call":
        return this.#call(event.id, `${event.name}: running`);
      case "tool_blocked":
        return this.#call(event.id, `${event.name}: not run. ${event.reason}`);
      case "tool_result":
        this.#answered(event.id);
        return this.#call(event.id, `${event.name}: ${event.is_error ? `failed. ${event.output.slice(0, 300)}` : "done"}`);
      case "tool_confirmation":
      case "elicitation":
      case "in_doubt":
        return this.#ask(event);
      default:
        if (event.task === undefined) this.#ofAnswer(event);
    }
  }

  /** @param {Event} event */
  #ofAnswer(event) {
    switch (event.type) {
      case "step":
        this.#outputs.clear();
        break;
      case "media":
        this.#output(event.attempt).box.append(pictureOf(event));
        break;
      case "annotation":
        if (isWeb(event.url)) this.#source(this.#output(event.attempt).box, event.url, event.title ?? event.url);
        break;
      case "finish":
        this.#end(`Answered by ${event.model}${event.reason === "stop" ? "" : ` (ended: ${event.reason})`}`);
        break;
      case "aborted":
        this.#end("Stopped");
        break;
      case "error":
        this.#inDoubt = event.kind === "in_doubt"; // its questions stay: once they are answered, the turn can go on
        this.fail(event);
        break;
    }
  }

  /**
   * The turn has failed, or could not begin.
   * @param {{message: string, hint?: string}} error
   */
  fail({ message, hint = "" }) {
    this.#end(`${message} ${hint}`.trim(), "alert");
  }

  /**
   * @param {string} text
   * @param {string} [role]
   */
  #end(text, role) {
    if (!this.#inDoubt) for (const id of [...this.#questions.keys()]) this.#answered(id);
    this.root.append(make("p", { className: "quiet", textContent: text, ...(role && { role }) }));
    this.root.setAttribute("aria-busy", "false");
  }

  /** @param {Extract<Event, {type: "delta"}>} event */
  #delta({ attempt, content }) {
    if (!content) return;
    this.#output(attempt).pending += content;
    this.#frame ||= requestAnimationFrame(() => {
      this.#flush();
      this.#on.changed();
    });
  }

  #flush() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    for (const output of this.#outputs.values()) {
      if (output.pending) output.text.append(output.pending);
      output.pending = "";
    }
  }

  /** @param {number} attempt */
  #output(attempt) {
    let output = this.#outputs.get(attempt);
    if (!output) {
      const text = make("div", { className: "text", dir: "auto" });
      output = { text, box: make("div", {}, text), pending: "" };
      this.#outputs.set(attempt, output);
      this.root.append(output.box);
    }
    return output;
  }

  /** @param {number} attempt */
  #discard(attempt) {
    this.#outputs.get(attempt)?.box.remove();
    this.#outputs.delete(attempt);
  }

  /** @param {string} text */
  #note(text) {
    if (!this.#notes.isConnected || this.#notes !== this.root.lastElementChild) {
      this.#notes = make("ul", { className: "notes quiet" });
      this.root.append(this.#notes);
    }
    this.#notes.append(make("li", { textContent: text }));
  }

  /**
   * @param {string} id
   * @param {string} text
   */
  #call(id, text) {
    let line = this.#calls.get(id);
    if (!line || text.endsWith(": running")) {
      line = make("p", { className: "quiet" });
      this.#calls.set(id, line);
      this.root.append(line);
    }
    if (!line.textContent?.includes(": not run")) line.textContent = text;
  }

  /** @param {Extract<Event, {type: "tool_confirmation" | "elicitation" | "in_doubt"}>} event */
  #ask(event) {
    const id = (event.type === "tool_confirmation" && event.call_id) || event.id; // the result has the call's
    const question = questionOf(event, this.#session, () => this.#answered(id));
    this.#questions.set(id, question);
    this.root.append(question);
    this.#on.status(`Waiting for you: ${question.ariaLabel}`);
  }

  /** @param {string} id */
  #answered(id) {
    const question = this.#questions.get(id);
    this.#questions.delete(id);
    const root = /** @type {ShadowRoot | undefined} */ (question?.getRootNode());
    if (question?.contains(root?.activeElement ?? null)) root?.querySelector("textarea")?.focus();
    question?.remove();
    if (!question || this.#questions.size) return;
    if (this.#inDoubt) this.root.append(interrupted(this.#on.resume));
    else this.#on.status("Answering");
  }

  /**
   * @param {HTMLElement} box
   * @param {string} url
   * @param {string} title
   */
  #source(box, url, title) {
    let list = box.querySelector(".sources");
    if (!list) box.append((list = make("ul", { className: "sources quiet" })));
    list.append(make("li", {}, make("a", { href: url, rel: "noopener noreferrer", target: "_blank", textContent: title })));
  }
}

/**
 * Offers to go on with a turn that was interrupted.
 * @param {() => unknown} resume
 */
export function interrupted(resume) {
  const box = make(
    "div",
    { className: "question", role: "group", "aria-label": "Interrupted" },
    "The last answer was interrupted.",
  );
  const act = () => {
    box.remove();
    resume();
  };
  box.append(make("div", { className: "buttons" }, button("Go on", act)));
  return box;
}

/** @param {Extract<Event, {type: "media"}>} event Media that a server only refers to are links: nothing is loaded from there. */
function pictureOf({ name, blob, url, mime_type }) {
  if (!blob)
    return isWeb(url)
      ? make("a", { href: url, rel: "noopener noreferrer", target: "_blank", textContent: mime_type })
      : mime_type;
  const address = URL.createObjectURL(blob);
  if (!mime_type.startsWith("image/")) {
    return make("a", { href: address, download: name ?? "", textContent: name ?? mime_type });
  }
  const release = () => URL.revokeObjectURL(address);
  return make("img", { src: address, alt: name ?? "Picture in the answer", onload: release, onerror: release });
}

/**
 * @param {string | undefined} url
 * @returns {url is string}
 */
const isWeb = (url) => /^https?:\/\//i.test(url ?? "");
