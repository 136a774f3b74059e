// How the page that a sign-in leads back to (oauth.html) hands what came back to the page that asked for it.

const NAME = "sparewheel oauth";

/**
 * What came back with the user, by the names that OAuth has for it.
 * @typedef {Partial<Record<"code" | "state" | "iss" | "error" | "error_description", string>>} Back
 */

/**
 * Wait for the user to come back. Other sign-ins do not count.
 * @param {string} state Of the sign-in.
 * @param {(back: Back) => void} then Called once.
 * @returns {() => void} Stops waiting.
 */
export function whenBack(state, then) {
  const channel = new BroadcastChannel(NAME);
  channel.onmessage = ({ data }) => {
    if (data?.back?.state !== state) return;
    channel.postMessage({ received: state });
    channel.close();
    then(data.back);
  };
  return () => channel.close();
}

/**
 * Hand over what came back.
 * @param {Back} back
 * @param {() => void} received Called when a page has taken it.
 */
export function handOver(back, received) {
  const channel = new BroadcastChannel(NAME);
  channel.onmessage = ({ data }) => {
    if (data?.received !== back.state) return;
    channel.close();
    received();
  };
  channel.postMessage({ back });
}
