// Ends Python code that has run past its limit without coming back to the event loop. The page has terminated the worker
// by then, which ends such code everywhere but in WebKit: there the thread was seen to go on with the loop.

/** Milliseconds after the limit: the page's own end comes first. */
const GRACE_MS = 500;

/**
 * @param {any} python Pyodide.
 * @returns {(ms: number) => void} Sets the limit of what runs from now on; 0: none.
 */
export function interruptsOf(python) {
  const now = performance.now.bind(performance);
  const later = setTimeout.bind(self);
  let limit = 0;
  let since = 0; // when the event loop was left, as far as is known
  const back = () => void (since = 0);
  const look = () => {
    if (!limit) return;
    if (!since) {
      since = now();
      later(back);
    }
    if (now() - since > limit + GRACE_MS) throw new Error("the code did not end within its limit");
  };
  // Python asks for this buffer every so many instructions. An error thrown here leaves WebAssembly: no Python catches it.
  python.setInterruptBuffer([0]);
  Object.defineProperty(python._module, "Py_EmscriptenSignalBuffer", { get: look, configurable: false });
  return (ms) => {
    limit = ms;
    since = 0;
  };
}
