/**
 * A listener whose errors are caught: what it throws, or rejects with, is written to the console once.
 * @template T
 * @param {((value: T) => unknown) | undefined} listener
 * @param {string} name Its name on the console.
 * @returns {(value: T) => void}
 */
export function guarded(listener, name) {
  if (!listener) return () => {};
  let reported = false;
  const report = (/** @type {unknown} */ thrown) => {
    if (reported) return; // a listener that fails for one event usually fails for all
    reported = true;
    console.error(`sparewheel: ${name} failed, which is ignored (and not reported again):`, thrown);
  };
  return (value) => {
    try {
      const outcome = listener(value);
      if (outcome instanceof Promise) outcome.catch(report);
    } catch (thrown) {
      report(thrown);
    }
  };
}
