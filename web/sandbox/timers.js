// Timers in a worker of their own: those of a page and of its frames fire up to a minute late while the tab is hidden.

/** What the worker runs. Its source is sent as text, so it cannot use variables from outside of it. */
function serve() {
  /** @type {Map<number, ReturnType<typeof setTimeout>>} */
  const timers = new Map();
  onmessage = ({ data: { id, ms } }) => {
    clearTimeout(timers.get(id));
    timers.delete(id);
    if (ms === null) return;
    const fire = () => {
      timers.delete(id);
      postMessage(id);
    };
    timers.set(id, setTimeout(fire, ms));
  };
}

/**
 * @param {(id: number) => void} onTime
 * @returns {(id: number, ms: number | null) => void} Sets the timer of an id anew; null ends it. The first one starts the
 *   worker.
 */
export function startTimers(onTime) {
  /** @type {Worker | null} */
  let worker = null;
  const start = () => {
    const started = new Worker(URL.createObjectURL(new Blob([`(${serve})()`], { type: "text/javascript" })));
    started.onmessage = ({ data }) => onTime(data);
    return started;
  };
  return (id, ms) => {
    if (!worker && ms === null) return;
    worker ??= start();
    worker.postMessage({ id, ms });
  };
}
