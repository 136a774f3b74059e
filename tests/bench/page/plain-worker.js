// The yardstick for starting: Pyodide as its documentation shows it, with the same packages.

self.onmessage = async ({ data: { indexURL, packageBaseUrl, lockFileURL } }) => {
  const { loadPyodide } = await import(`${indexURL}pyodide.mjs`);
  const python = await loadPyodide({ indexURL, packageBaseUrl, lockFileURL, packages: ["sparewheel"] });
  python.pyimport("sparewheel.worker");
  self.postMessage({ type: "ready" });
};
