import { make } from "../dom.js";
import { copyButton } from "./copy.js";
import { LogView } from "./log-view.js";
import { RequestsView } from "./requests-view.js";
import { save } from "./save.js";
import { TimedLog } from "./timed-log.js";
import { UsageView } from "./usage-view.js";

/**
 * Under the hood: the log of events, tokens and cost, and the requests to models.
 * @param {{list: HTMLElement, filter: HTMLInputElement, count: HTMLElement}} elements
 * @param {import("../workbench.js").Workbench} workbench
 */
export function hoodRoom({ list, filter, count }, workbench) {
  const log = new LogView(list, filter, count);
  const usage = new UsageView();
  const requests = new RequestsView();
  const timed = new TimedLog();
  requests.tools.addEventListener("toggle", () => void showTools(requests.tools, workbench, timed), { once: true });
  const download = make("button", { text: "Download" });
  download.type = "button";
  download.addEventListener("click", () => save("sparewheel-events.jsonl", log.jsonLines));
  list.before(
    make(
      "div",
      { class: "log-tools" },
      copyButton("Copy as JSON lines", () => log.jsonLines),
      download,
      log.earlier,
    ),
  );
  list.after(usage.element, requests.element);
  const clear = () => {
    usage.clear();
    requests.clear();
    timed.clear();
  };
  workbench.subscribe({
    event: (event) => {
      log.push(event);
      usage.push(event);
      requests.push(event);
      timed.push(event);
    },
    chat: clear,
    stored: ({ turns }) => {
      for (const event of turns.flatMap(({ events }) => events)) usage.push(event);
    },
  });
  return {
    /** @param {boolean} isOpen */
    show(isOpen) {
      log.show(isOpen);
      usage.show(isOpen);
      requests.show(isOpen);
    },
  };
}

/**
 * Recordings and traces, whose code is loaded when they are opened.
 * @param {HTMLElement} place
 * @param {import("../workbench.js").Workbench} workbench
 * @param {TimedLog} timed
 */
async function showTools(place, workbench, timed) {
  const { RecordingsView } = await import("./recordings-view.js");
  place.append(new RecordingsView(workbench, timed).element);
}
