import { scriptURL } from "../assets/script-url.js";

const packageBaseUrl = new URL("../pyodide/", import.meta.url).href;
const lockFileURL = `${packageBaseUrl}pyodide-lock.json`;
const lock = await (await fetch(lockFileURL)).json();
const indexURL = packageBaseUrl + lock.tool.sparewheel.core;
new Worker(scriptURL(new URL("plain-worker.js", import.meta.url)), { type: "module" }).postMessage({
  indexURL,
  packageBaseUrl,
  lockFileURL,
});
