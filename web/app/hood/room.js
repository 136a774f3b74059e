import { make } from "../dom.js";
import { copyButton } from "./copy.js";
import { LogView } from "./log-view.js";
import { UsageView } from "./usage-view.js";

/**
 * Under the hood: tokens and cost, and the log of events.
 * @param {{list: HTMLElement, filter: HTMLInputElement, count: HTMLElement}} elements
 * @param {import("../workbench.js").Workbench} workbench
 */
export function hoodRoom({ list, filter, count }, workbench) {
  const log = new LogView(list, filter, count);
  const usage = new UsageView();
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
  list.after(usage.element);
  workbench.subscribe({
    event: (event) => {
      log.push(event);
      usage.push(event);
    },
    chat: () => usage.clear(),
    session: (_, reason) => {
      if (reason === "opened") usage.clear();
    },
  });
  return {
    /** @param {boolean} isOpen */
    show(isOpen) {
      log.show(isOpen);
      usage.show(isOpen);
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
