import { codeBox } from "../code-box.js";
import { make } from "../dom.js";
import { label } from "../visible.js";
import { copyButton } from "./copy.js";
import { Requests, requestText } from "./requests.js";

/** The requests to models, also those of tools, by attempt; each one opens. */
export class RequestsView {
  #count = make("summary");
  #list = make("ol");
  /** A place for what can be done with them. */
  tools = make("details", {}, make("summary", { text: "Recordings and traces" }));
  element = make("section", { class: "requests" }, make("details", {}, this.#count, this.#list), this.tools);
  #requests = new Requests();
  #open = false;

  constructor() {
    this.element.setAttribute("aria-label", "Requests");
  }

  /** @param {import("../../sparewheel.js").Event} event */
  push(event) {
    if (this.#requests.push(event) && this.#open) this.#draw();
  }

  clear() {
    this.#requests.clear();
    this.#draw();
  }

  /** @param {boolean} isOpen */
  show(isOpen) {
    this.#open = isOpen;
    if (isOpen) this.#draw();
  }

  #draw() {
    const { all } = this.#requests;
    this.#count.textContent = `Requests (${all.length})`;
    for (const each of all.slice(this.#list.childElementCount)) this.#list.append(lineOf(each));
    while (this.#list.childElementCount > all.length) this.#list.firstElementChild?.remove();
  }
}

/** @param {import("./requests.js").Sent} sent */
function lineOf({ turn, event }) {
  const { attempt, model, status, headers_ms: ms } = event;
  const outcome = status === null ? "no response" : String(status);
  const by = event.call_id === undefined ? "" : "a tool's ";
  const text = `Turn ${turn}, ${by}attempt ${attempt}: ${label(model)} · ${outcome} · ${ms} ms`;
  const details = make("details", {}, make("summary", { text }));
  const open = () => {
    const whole = requestText(event);
    details.append(
      copyButton("Copy request", () => whole),
      codeBox("Request", whole),
    );
  };
  details.addEventListener("toggle", open, { once: true });
  return make("li", {}, details);
}
