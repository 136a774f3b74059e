const indexURL = new URL("../pyodide/", import.meta.url).href;
new Worker(new URL("plain-worker.js", import.meta.url), { type: "module" }).postMessage({
  indexURL,
  lockFileURL: `${indexURL}pyodide-lock.json`,
});
