/** Why one of our own files cannot be used, and what to change on the host. */
export class AssetFault extends Error {
  /**
   * @param {string} reason
   * @param {string} hint
   */
  constructor(reason, hint) {
    super(reason);
    this.hint = hint;
  }
}

/** A file of which other bytes came than the ones that the build has made. */
export class DamagedFile extends AssetFault {
  /**
   * @param {string} url
   * @param {string} reason
   */
  constructor(url, reason = "its sha256 is another") {
    super(
      `${url} is not the file that pyodide-lock.json names: ${reason}`,
      "Deploy the whole of dist/ at once, and let no cache or proxy change its files.",
    );
    this.url = url;
  }
}

// What browsers insist on. Other types do not matter.
const TYPES = [
  { suffix: ".wasm", accepts: /^application\/wasm\b/, name: "application/wasm" },
  { suffix: ".mjs", accepts: /\b(java|ecma)script\b/, name: "text/javascript" },
  { suffix: ".js", accepts: /\b(java|ecma)script\b/, name: "text/javascript" },
];

/**
 * @param {Response} response One of a status that is an error.
 * @param {string} url
 */
export function statusFault({ status }, url) {
  return new AssetFault(`${status} for ${url}`, "Put the whole of dist/ there, or set assetBase to where it is.");
}

/**
 * A page of the host came instead of a file.
 * @param {string} url
 */
export function missing(url) {
  return new AssetFault(
    `${url} is a page, or empty`,
    "The file is probably missing and the host answers with a page instead: put the whole of dist/ there.",
  );
}

/**
 * What is wrong with this answer, if anything.
 * @param {Response} response
 * @param {string} url
 * @returns {AssetFault | null}
 */
export function faultIn(response, url) {
  if (!response.ok) return statusFault(response, url);
  const type = response.headers.get("content-type") ?? "";
  const wanted = TYPES.find(({ suffix }) => new URL(url).pathname.endsWith(suffix));
  if (!wanted || wanted.accepts.test(type)) return null;
  const hint = type.startsWith("text/html")
    ? "The file is probably missing and the host answers with a page instead: put the whole of dist/ there."
    : `Set the MIME type of ${wanted.suffix} files to ${wanted.name} in the host's settings.`;
  return new AssetFault(`${url} is served as "${type}" but must be ${wanted.name}`, hint);
}

/**
 * Ask for a file that did not load, to learn why. The browser does not tell the reason to the one who loads.
 * @param {string} url
 * @param {(url: string) => Promise<Response>} [fetchFile]
 * @returns {Promise<AssetFault | null>} null if the file itself is all right.
 */
export async function findFault(url, fetchFile = fetch) {
  let response;
  try {
    response = await fetchFile(url);
  } catch {
    return new AssetFault(
      `${url} could not be fetched`,
      "Check the network, that connect-src of the Content-Security-Policy allows it, and CORS if it is another origin.",
    );
  }
  await response.body?.cancel();
  return faultIn(response, url);
}
