// The one place that makes an address a script may run from: a Trusted Types policy, for pages with
// `require-trusted-types-for 'script'` (https://www.w3.org/TR/trusted-types/).

const NAME = "sparewheel";
const SHARED = Symbol.for("sparewheel.trusted-types"); // a page may use the name of a policy once; this module may be there twice

/** @typedef {{createScriptURL(url: string): string}} Policy */

/**
 * The address of a worker's script, as `Worker` and `serviceWorker.register` take it under every page policy.
 * @param {URL} url Of the page's own origin, or a `blob:` URL.
 * @returns {URL} For the type checker; a `TrustedScriptURL` where the browser has Trusted Types.
 * @throws {TypeError} The script is another origin's, or the page's policy does not allow a policy of our name.
 */
export function scriptURL(url) {
  const holder = /** @type {{trustedTypes?: {createPolicy(name: string, rules: Policy): Policy}, [SHARED]?: Policy}} */ (
    globalThis
  );
  if (!holder.trustedTypes) return url;
  holder[SHARED] ??= holder.trustedTypes.createPolicy(NAME, { createScriptURL: ownScript });
  return /** @type {URL} */ (/** @type {unknown} */ (holder[SHARED].createScriptURL(url.href)));
}

/** @param {string} url */
function ownScript(url) {
  const { origin } = new URL(url);
  if (origin !== globalThis.origin) throw new TypeError(`${url} is not of this page's origin`);
  return url;
}
