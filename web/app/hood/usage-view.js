import { make, perFrame } from "../dom.js";
import { label } from "../visible.js";
import { counted, dollars, Usage } from "./usage.js";

const SVG = "http://www.w3.org/2000/svg";
const BARS = 40;
const HEIGHT = 48;
const COLUMNS = ["Turn", "Attempt", "Model", "Tokens in", "Tokens out", "Cost"];

/** Tokens and cost of this conversation, by attempt: a chart, and a table that has the same in numbers. */
export class UsageView {
  element = make("section", { class: "usage" });
  #usage = new Usage();
  #open = false;
  #ask = perFrame(() => this.#draw());

  constructor() {
    this.element.setAttribute("aria-label", "Tokens and cost");
    this.#ask();
  }

  /** @param {import("../../sparewheel.js").Event} event */
  push(event) {
    if (this.#usage.push(event)) this.#ask();
  }

  clear() {
    this.#usage.clear();
    this.#ask();
  }

  /** @param {boolean} isOpen */
  show(isOpen) {
    this.#open = isOpen;
    this.#ask();
  }

  #draw() {
    if (!this.#open) return;
    const { attempts, total } = this.#usage;
    if (attempts.length === 0) {
      this.element.replaceChildren(make("p", { class: "aside", text: "No model has reported tokens in this chat yet." }));
      return;
    }
    const atLeast = total.complete || total.cost === null ? "" : "at least ";
    const known = total.input !== null || total.output !== null;
    const tokens = known ? `${counted(total.input)} tokens in, ${counted(total.output)} out` : "tokens not reported";
    const text = `This chat: ${tokens}, cost ${atLeast}${dollars(total.cost)}`;
    const isTableOpen = this.element.querySelector("details")?.open ?? false;
    const table = make("details", {}, make("summary", { text: "Each attempt" }), tableOf(attempts));
    table.open = isTableOpen;
    this.element.replaceChildren(make("p", { text }), chartOf(attempts.slice(-BARS), text), table);
  }
}

/** @param {import("./usage.js").Spent[]} attempts */
function tableOf(attempts) {
  const head = make("tr", {}, ...COLUMNS.map((text) => make("th", { text })));
  for (const cell of head.children) cell.setAttribute("scope", "col");
  const rows = attempts.map(({ turn, attempt, model, input, output, cost, discarded }) => {
    const name = `${label(model)}${discarded ? " (discarded)" : ""}`;
    const cells = [String(turn), String(attempt), name, counted(input), counted(output), dollars(cost)];
    return make("tr", {}, ...cells.map((text) => make("td", { text })));
  });
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows));
}

/**
 * A bar an attempt: its tokens, in and out.
 * @param {import("./usage.js").Spent[]} attempts
 * @param {string} label
 */
function chartOf(attempts, label) {
  const chart = document.createElementNS(SVG, "svg");
  chart.setAttribute("viewBox", `0 0 ${BARS * 8} ${HEIGHT}`);
  chart.setAttribute("role", "img");
  chart.setAttribute("aria-label", `Tokens of the last ${attempts.length} attempts. ${label}`);
  const most = Math.max(1, ...attempts.map(({ input, output }) => (input ?? 0) + (output ?? 0)));
  for (const [at, { input, output, discarded }] of attempts.entries()) {
    let top = HEIGHT;
    for (const [kind, tokens] of Object.entries({ input: input ?? 0, output: output ?? 0 })) {
      const height = (tokens / most) * HEIGHT;
      top -= height;
      const bar = document.createElementNS(SVG, "rect");
      const place = { x: at * 8 + 1, y: top, width: 6, height, class: discarded ? "bar discarded" : `bar ${kind}` };
      for (const [name, value] of Object.entries(place)) bar.setAttribute(name, String(value));
      chart.append(bar);
    }
  }
  return chart;
}
