// What the worker cannot see from where it is: that the network is back, and what other tabs of this origin have learnt.

// On it go entries, each of them news for all; `{ask}` from a runtime that has just started; and `{to, entries}`, what
// another one knows, for that one alone: the others have heard it, and may have heard better since.
const CHANNEL = "sparewheel-health";

/**
 * Keep a runtime informed until it ends.
 * @param {import("./client.js").Client} client
 */
export function watchSurroundings(client) {
  const ending = new AbortController();
  const { signal } = ending;
  globalThis.addEventListener?.("online", () => client.tell("online", {}), { signal });
  const channel = openChannel();
  if (channel) shareHealth(client, channel, signal);
  client.closed.then(() => {
    ending.abort();
    channel?.close();
  });
}

/**
 * @param {import("./client.js").Client} client
 * @param {BroadcastChannel} channel
 * @param {AbortSignal} signal
 */
function shareHealth(client, channel, signal) {
  const own = String(Math.random());
  const learn = (/** @type {unknown} */ entry) => client.tell("health", { entry });
  const answer = async (/** @type {unknown} */ to) => {
    const entries = await client.request("known_health", {}).catch(() => []);
    if (entries.length > 0 && !signal.aborted) channel.postMessage({ to, entries });
  };
  const hear = (/** @type {any} */ data) => {
    if (data?.ask !== undefined) answer(data.ask);
    else if (data?.to === undefined) learn(data);
    else if (data.to === own && Array.isArray(data.entries)) data.entries.forEach(learn);
  };
  channel.addEventListener("message", ({ data }) => hear(data), { signal });
  client.on("health", ({ entry }) => channel.postMessage(entry));
  channel.postMessage({ ask: own });
}

/** None where there is no page (a channel would keep Node alive), or where storage is forbidden. */
function openChannel() {
  if (typeof document === "undefined") return null;
  try {
    return new BroadcastChannel(CHANNEL);
  } catch {
    return null;
  }
}
