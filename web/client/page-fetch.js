/** @typedef {import("./host-calls.js").OpenCall} OpenCall */

/**
 * Let the worker make its requests with a function of the page.
 * @param {import("./host-calls.js").HostCalls} calls
 * @param {NonNullable<import("../sparewheel.js").RuntimeOptions["fetch"]>} fetch
 */
export function serveFetch(calls, fetch) {
  calls.serve("fetch", async ({ input: { url, ...init } }, call) => {
    const { signal } = call;
    try {
      const response = readable(await fetch(url, { ...init, signal }));
      const reader = response.body?.getReader();
      const stop = () => void reader?.cancel().catch(() => {}); // the function may have ignored its signal
      signal.addEventListener("abort", stop);
      if (signal.aborted) return stop();
      const { status, redirected } = response;
      // Without a redirect the address may be a proxy's, which is not where the answer came from.
      const head = { status, url: redirected ? response.url : "", headers: Object.fromEntries(response.headers) };
      if ((await call.send({ value: head })) && reader) await sendBody(reader, call);
    } catch (thrown) {
      call.abort();
      throw new Error(String(thrown));
    }
  });
}

/**
 * @param {ReadableStreamDefaultReader<Uint8Array>} reader
 * @param {OpenCall} call
 */
async function sendBody(reader, call) {
  for (;;) {
    const { done, value } = await reader.read();
    if (done || !(await call.send({ bytes: base64(value) }))) return;
  }
}

/**
 * @param {unknown} value
 * @returns {Response}
 */
function readable(value) {
  // The tag, not the class: a page may have Responses of other realms.
  if (Object.prototype.toString.call(value) !== "[object Response]") {
    throw new TypeError("the page's fetch returned no Response");
  }
  const response = /** @type {Response} */ (value);
  if (response.status > 0) return response;
  throw new TypeError(`the page's fetch returned a Response that cannot be read (${response.type})`);
}

/** @param {Uint8Array} bytes */
function base64(bytes) {
  if (!ArrayBuffer.isView(bytes)) throw new TypeError("the body of the page's Response has pieces that are not bytes");
  let binary = "";
  // In parts, because a call takes a limited number of arguments.
  for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(binary);
}
