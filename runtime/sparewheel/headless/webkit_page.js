// @ts-check
/**
 * Runs in a page that WebDriver drives, before page_host.js. WebDriver can only call into the page, so messages for the
 * driver are queued here until it takes them: texts of the protocol, and lines of the page's console. The console of a
 * worker is not accessible here.
 */
(() => {
  const page = /** @type {any} */ (globalThis);

  /** @type {["text" | "line", string][]} */
  let waiting = [];
  let wake = () => {};

  /**
   * @param {"text" | "line"} kind
   * @param {string} content
   */
  const add = (kind, content) => {
    waiting.push([kind, content]);
    wake();
  };

  /** @param {string} text */
  page.sparewheelPush = (text) => add("text", text);

  /**
   * The messages since the last call: at once if there are any, else when one is added, or after `ms`.
   * @param {number} ms
   */
  page.sparewheelTake = async (ms) => {
    if (waiting.length === 0) {
      await /** @type {Promise<void>} */ (
        new Promise((resolve) => {
          const timer = setTimeout(resolve, ms);
          wake = () => (clearTimeout(timer), resolve());
        })
      );
    }
    wake = () => {};
    const taken = waiting;
    waiting = [];
    return taken;
  };

  for (const level of /** @type {const} */ (["debug", "info", "log", "warn", "error"])) {
    const write = console[level];
    console[level] = (...parts) => {
      add("line", `[${level === "warn" ? "warning" : level}] ${parts.map(String).join(" ")}`);
      write.apply(console, parts);
    };
  }
  page.addEventListener("error", (/** @type {ErrorEvent} */ { message }) => add("line", `[pageerror] ${message}`));
  page.addEventListener("unhandledrejection", (/** @type {PromiseRejectionEvent} */ { reason }) =>
    add("line", `[pageerror] ${reason}`),
  );
})();
