// Whether a realm is confined as sandbox.html confines it. A policy that has not arrived cannot be read, so it is tried
// out: the console shows an attempt that was refused for each.

/** @typedef {{origin: string, importScripts: (url: string) => void, XMLHttpRequest: new () => XMLHttpRequest}} Realm */

// Addresses of no host, which only a policy forbids.
const SCRIPT = "data:text/javascript,";
const TEXT = "data:text/plain,";

/**
 * @param {Realm} realm A worker's global object.
 * @returns {string} What is missing; empty if nothing is.
 */
export function missingIn(realm) {
  if (realm.origin !== "null") return "the sandbox has an origin";
  if (works(() => realm.importScripts(SCRIPT))) return "sandbox.html is without its policy: scripts can be loaded in it";
  const read = () => {
    const request = new realm.XMLHttpRequest();
    request.open("GET", TEXT, false);
    request.send();
  };
  return works(read) ? "sandbox.html is without its policy: the network can be reached from it" : "";
}

/** @param {() => void} attempt */
function works(attempt) {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}
