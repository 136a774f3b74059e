// Runs before a page's own scripts: writes down what its workers say about starting, and tasks that took long.

globalThis.seen = { boot: [], tasks: [], gap: 0 };

/** What a worker said until it was ready, or gave up. */
let tellStarted;
globalThis.started = new Promise((resolve) => (tellStarted = resolve));

globalThis.Worker = class extends globalThis.Worker {
  constructor(...args) {
    super(...args);
    this.addEventListener("message", ({ data }) => {
      if (typeof data !== "object") return;
      seen.boot.push({ at: performance.now(), type: data.type, stage: data.stage });
      if (data.type !== "progress") tellStarted(seen.boot);
    });
  }
};

if (PerformanceObserver.supportedEntryTypes.includes("longtask")) {
  new PerformanceObserver((list) => seen.tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
    type: "longtask",
  });
}
