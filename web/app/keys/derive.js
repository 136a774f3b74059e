import { scriptURL } from "../../assets/script-url.js";

/**
 * Derive 32 bytes from a passphrase, outside of the page's thread.
 * @type {import("./sealing.js").Derive}
 */
export async function derive(passphrase, kdf) {
  const url = scriptURL(new URL("app/keys/derive-worker.js", document.baseURI));
  const worker = new Worker(url, { type: "module", name: "sparewheel keys" });
  try {
    return await new Promise((resolve, reject) => {
      const failed = (/** @type {unknown} */ reason) =>
        reject(new Error(`Your browser could not work with the passphrase (${reason || "a file of this page did not load"}).`));
      worker.addEventListener("message", ({ data }) =>
        data instanceof Uint8Array ? resolve(new Uint8Array(data)) : failed(data),
      );
      worker.addEventListener("error", ({ message }) => failed(message));
      worker.postMessage({ passphrase, kdf });
    });
  } finally {
    worker.terminate();
  }
}
