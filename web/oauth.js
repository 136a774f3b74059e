// The page that an authorization server sends the user back to. It hands the code to the page that asked, and shows nothing
// of it.

import { handOver } from "./oauth-channel.js";

/** @typedef {keyof import("./oauth-channel.js").Back} Name */

/** @type {Name[]} */
const NAMES = ["code", "state", "iss", "error", "error_description"];

const found = new URLSearchParams(location.search);
history.replaceState(null, "", location.pathname); // the code is not left in the history
const given = NAMES.map((name) => /** @type {const} */ ([name, found.getAll(name)]));
if (!found.get("state") || given.some(([, values]) => values.length > 1)) {
  tell("Nothing came back that belongs to a sign-in. Go back to the page that asked you, and sign in again.");
} else {
  /** @type {import("./oauth-channel.js").Back} */
  const back = Object.fromEntries(given.flatMap(([name, [value]]) => (value === undefined ? [] : [[name, value]])));
  const late = setTimeout(() => tell("No page has asked for this sign-in. Go back to yours, and sign in again."), 5000);
  handOver(back, () => {
    clearTimeout(late);
    tell(back.error ? "You were not signed in. You can close this window." : "You are signed in. You can close this window.");
    close(); // where the browser allows it
  });
}

/** @param {string} text */
function tell(text) {
  const line = document.getElementById("state");
  if (line) line.textContent = text;
}
