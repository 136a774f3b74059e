import "../shared.js";
import { make } from "../dom.js";
import { visible } from "../visible.js";
import { textOf } from "./log-text.js";
import { Playback } from "./playback.js";
import { save } from "./save.js";

const LINE_CHARS = 300;
const MAX_LINES = 500;
/** Of a recording; the runtime refuses more. */
const MAX_CHARS = 24 * 1024 * 1024;

/** Records the requests of turns, plays a recording, and saves a trace. */
export class RecordingsView {
  #workbench;
  #timed;
  /** @type {string[]} */
  #lines = [];
  #record = make("input");
  #save = button("Save recording", () => save("sparewheel-recording.jsonl", this.#lines.map((line) => `${line}\n`).join("")));
  #trace = button("Save trace", () => void this.#saveTrace());
  #recorded = make("span");
  #file = make("input");
  #timing = make("input");
  #play = button("Play", () => void this.#run(false));
  #step = button("Step by step", () => void this.#run(true));
  #next = button("Next event", () => this.#playback?.next());
  #rest = button("Play the rest", () => this.#playback?.finish());
  #stop = button("Stop", () => this.#playback?.stop());
  #ask = make("div");
  #status = make("p");
  #events = make("ol");
  #answer = make("pre");
  /** @type {Playback | null} */
  #playback = null;
  element;

  /**
   * @param {import("../workbench.js").Workbench} workbench
   * @param {import("./timed-log.js").TimedLog} timed
   */
  constructor(workbench, timed) {
    this.#workbench = workbench;
    this.#timed = timed;
    this.#record.type = this.#timing.type = "checkbox";
    this.#record.addEventListener("change", () => void this.#setRecording(this.#record.checked));
    this.#file.type = "file";
    this.#file.accept = ".jsonl";
    this.#file.addEventListener("change", () => this.#showControls());
    this.#status.setAttribute("role", "status");
    this.#events.setAttribute("aria-label", "Played events");
    this.#answer.setAttribute("aria-label", "Played answer");
    this.element = make(
      "div",
      { class: "recordings" },
      make("div", {}, make("label", {}, this.#record, "Record the next turns"), this.#recorded, this.#save, this.#trace),
      make("p", { class: "aside", text: "A recording has your prompts and the answers in it, but no keys." }),
      make("div", {}, make("label", {}, "Recording to play", this.#file), make("label", {}, this.#timing, "At its own pace")),
      make("div", {}, this.#play, this.#step, this.#next, this.#rest, this.#stop),
      this.#ask,
      this.#status,
      this.#events,
      this.#answer,
    );
    this.#showLines();
    this.#showControls();
  }

  /** @param {boolean} isOn */
  async #setRecording(isOn) {
    const runtime = await this.#workbench.runtime;
    if (isOn) this.#lines = [];
    await runtime.record(isOn ? (line) => this.#add(line) : null);
    this.#showLines();
  }

  /** @param {string} line */
  #add(line) {
    this.#lines.push(line);
    this.#showLines();
  }

  #showLines() {
    const exchanges = this.#lines.filter((line) => line.startsWith('{"type":"exchange"')).length;
    this.#recorded.textContent = exchanges === 0 ? "" : `Requests recorded: ${exchanges}`;
    this.#save.disabled = exchanges === 0;
  }

  async #saveTrace() {
    const runtime = await this.#workbench.runtime;
    save("sparewheel-trace.json", JSON.stringify(await runtime.trace(this.#timed.entries)), "application/json");
  }

  #showControls() {
    const isRunning = this.#playback !== null;
    const isStepping = this.#playback?.isStepping ?? false;
    this.#play.disabled = this.#step.disabled = isRunning || (this.#file.files?.length ?? 0) === 0;
    this.#next.hidden = this.#rest.hidden = !isStepping;
    this.#stop.hidden = !isRunning;
  }

  /** @param {boolean} isStepping */
  async #run(isStepping) {
    const file = this.#file.files?.[0];
    if (!file || this.#playback) return;
    this.#events.replaceChildren();
    this.#answer.textContent = "";
    this.#status.textContent = "Starting…";
    const { yaml } = this.#workbench;
    const playback = new Playback({
      isStepping,
      isTimed: this.#timing.checked,
      onEvent: (event, text) => this.#show(event, text),
      onAsk: (event, answer) => this.#showAsk(event, answer),
    });
    this.#playback = playback;
    this.#showControls();
    try {
      if (file.size > MAX_CHARS) throw new Error("This recording is too large for the page.");
      this.#status.textContent = visible(await playback.run(await file.text(), yaml));
    } catch (thrown) {
      const { message, hint = "" } = /** @type {{message: string, hint?: string}} */ (thrown);
      this.#status.textContent = visible(`${message} ${hint}`.trim());
    }
    this.#playback = null;
    this.#ask.replaceChildren();
    this.#showControls();
  }

  /**
   * @param {import("../../sparewheel.js").Event} event
   * @param {string} text Of the answer, with this event.
   */
  #show(event, text) {
    this.#status.textContent = "Playing";
    this.#events.append(make("li", { text: textOf(event, LINE_CHARS) }));
    if (this.#events.childElementCount > MAX_LINES) this.#events.firstElementChild?.remove();
    this.#events.lastElementChild?.scrollIntoView({ block: "nearest" });
    this.#answer.textContent = visible(text);
    this.#showControls();
  }

  /**
   * @param {{name: string, args: string}} call That may change something.
   * @param {(isAllowed: boolean) => void} answer
   */
  #showAsk({ name, args }, answer) {
    const decide = (/** @type {boolean} */ isAllowed) => () => {
      this.#ask.replaceChildren();
      answer(isAllowed);
    };
    this.#ask.replaceChildren(
      make("span", { text: visible(`${name} ${args}`).slice(0, LINE_CHARS) }),
      button("Run it again", decide(true)),
      button("Do not run it", decide(false)),
    );
  }
}

/**
 * @param {string} text
 * @param {() => void} act
 */
function button(text, act) {
  const made = make("button", { text });
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}
