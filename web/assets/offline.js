import { messageOf } from "../client/errors.js";
import { scriptURL } from "./script-url.js";

/**
 * Let the service worker in `base` keep the files that this version is made of, for the next visit.
 * @param {URL} base
 * @returns {Promise<boolean>} Whether it could be put in place. Everything works without it as well.
 */
export async function register(base) {
  const container = globalThis.navigator?.serviceWorker;
  if (!container) return false; // not in this browser, or the page is not served safely
  try {
    const script = scriptURL(new URL("service-worker.js", base));
    await container.register(script, { type: "module", updateViaCache: "none" });
    return true;
  } catch (thrown) {
    console.debug(`sparewheel: no service worker: ${messageOf(thrown)}`);
    return false;
  }
}
