import { make } from "../dom.js";
import { copyButton } from "./copy.js";
import { LogView } from "./log-view.js";
import { RequestsView } from "./requests-view.js";
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
  };
  workbench.subscribe({
    event: (event) => {
      log.push(event);
      usage.push(event);
      requests.push(event);
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
 * @param {string} name
 * @param {string} text
 */
function save(name, text) {
  const link = make("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/jsonl" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
