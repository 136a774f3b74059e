// Runs before a page's own scripts: writes down what its workers say about starting, and tasks that took long.

globalThis.seen = { boot: [], tasks: [], gap: 0 };

/** What workers said until one was ready, or the last gave up. */
let tellStarted;
globalThis.started = new Promise((resolve) => (tellStarted = resolve));

globalThis.Worker = class extends globalThis.Worker {
  constructor(...args) {
    super(...args);
    this.addEventListener("message", ({ data }) => {
      if (typeof data !== "object") return;
      seen.boot.push({ at: performance.now(), type: data.type, stage: data.stage });
      // Without a snapshot that works, the page starts another worker plainly.
      const isOver = data.type === "ready" || (data.type === "boot_failed" && data.stage !== "snapshot");
      if (isOver) tellStarted(seen.boot);
    });
  }
};

if (PerformanceObserver.supportedEntryTypes.includes("longtask")) {
  new PerformanceObserver((list) => seen.tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
    type: "longtask",
  });
}
