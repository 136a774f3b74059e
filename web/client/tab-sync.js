// Tells the worker what it cannot notice itself: that the network is gone or back, and what other tabs of this origin know of the
// health of models.

// Messages on the channel are entries, for every tab; `{ask}` from a runtime that has just started; and `{to, entries}`,
// the answer of another one, for that runtime alone: the others have had these entries, and may have newer ones.
const CHANNEL = "sparewheel-health";

/**
 * Keep a runtime informed until it ends.
 * @param {import("./client.js").Client} client
 */
export function syncTabs(client) {
  const ending = new AbortController();
  const { signal } = ending;
  for (const type of /** @type {const} */ (["online", "offline"])) {
    globalThis.addEventListener?.(type, () => client.tell(type, {}), { signal });
  }
  if (isOffline()) client.tell("offline", {});
  client.onReplaced(async () => isOffline() && client.requestNow("offline", {}));
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
  const merge = (/** @type {unknown} */ entry) => client.tell("health", { entry });
  const answer = async (/** @type {unknown} */ to) => {
    const entries = await client.request("known_health", {}).catch(() => []);
    if (entries.length > 0 && !signal.aborted) channel.postMessage({ to, entries });
  };
  const receive = (/** @type {any} */ data) => {
    if (data?.ask !== undefined) answer(data.ask);
    else if (data?.to === undefined) merge(data);
    else if (data.to === own && Array.isArray(data.entries)) data.entries.forEach(merge);
  };
  channel.addEventListener("message", ({ data }) => receive(data), { signal });
  client.on("health", ({ entry }) => channel.postMessage(entry));
  channel.postMessage({ ask: own });
}

/** Unknown outside of browsers, and then no. */
const isOffline = () => globalThis.navigator?.onLine === false;

/** Null where storage is forbidden, and without a page where a channel cannot be kept from keeping the process running. */
function openChannel() {
  try {
    const channel = /** @type {BroadcastChannel & {unref?: () => void}} */ (new BroadcastChannel(CHANNEL));
    if (typeof document !== "undefined") return channel;
    if (channel.unref) {
      channel.unref();
      return channel;
    }
    channel.close();
    return null;
  } catch {
    return null;
  }
}
