// What the worker cannot see from where it is: that the network is back, and what other tabs of this origin have learnt.

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
  channel?.addEventListener("message", ({ data }) => client.tell("health", { entry: data }), { signal });
  client.on("health", ({ entry }) => channel?.postMessage(entry));
  client.closed.then(() => {
    ending.abort();
    channel?.close();
  });
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
