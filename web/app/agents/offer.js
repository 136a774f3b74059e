// A file from a link: what it may reach is shown before it is used. Nothing of it runs, and no key is offered, until then.

import "../shared.js";
import { SparewheelError } from "../../sparewheel.js";
import { codeBox } from "../code-box.js";
import { make } from "../dom.js";
import { visible } from "../visible.js";
import { NotShareable, readLink } from "./share.js";

/** Entries of a list; a file with more is not one that a person can look over. */
const MAX_LISTED = 200;
const MAX_REASON = 300; // characters

/** @type {HTMLDialogElement | null} The offer that is open. */
let open = null;

/**
 * @param {string} hash The fragment with the file.
 * @param {import("./room.js").AgentsRoom} room
 */
export async function offer(hash, room) {
  open?.close();
  const dialog = make("dialog", { class: "offer" });
  const title = make("h2", { text: "Someone has sent you an agent" });
  title.id = "offer-title";
  title.tabIndex = -1;
  const body = make("div", { class: "offer-body" }, make("p", { text: "Looking at what it may do…" }));
  const leave = button("Leave it", () => dialog.close());
  const actions = make("div", { class: "offer-actions" }, leave);
  dialog.setAttribute("aria-labelledby", title.id);
  dialog.append(title, body, actions);
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (open !== dialog) return;
    open = null;
    history.replaceState(history.state, "", location.pathname + location.search);
  });
  document.body.append(dialog);
  open = dialog;
  dialog.showModal();
  title.focus();
  try {
    const yaml = await readLink(hash);
    const runtime = await room.workbench.runtime;
    const { reach } = await runtime.parseConfig(yaml);
    if (open !== dialog) return;
    body.replaceChildren(...described(reach, yaml, room));
    const use = button("Use this agent", () => {
      room.workbench.newChat(); // what was said before is not for this agent
      room.replace(yaml, { kind: "link", id: "", title: "Shared agent", yaml });
      room.needs(reach.keys.map(({ name }) => name));
      dialog.close();
    });
    use.className = "primary";
    actions.append(use);
  } catch (thrown) {
    if (open !== dialog) return;
    title.textContent = "This link cannot be used";
    body.replaceChildren(make("p", { text: reasonOf(thrown) }));
    leave.textContent = "Close";
  }
}

/** @param {unknown} thrown */
function reasonOf(thrown) {
  const message = visible(thrown instanceof Error ? thrown.message : String(thrown));
  const text = message.length > MAX_REASON ? `${message.slice(0, MAX_REASON)}…` : message;
  if (thrown instanceof NotShareable) return text;
  const isFile = thrown instanceof SparewheelError && thrown.kind === "config";
  return `${isFile ? "It holds a file that is no agent file." : "Its file could not be looked at."} ${text}`;
}

/**
 * @param {import("../../protocol.js").Reach} reach
 * @param {string} yaml
 * @param {import("./room.js").AgentsRoom} room
 */
function described(reach, yaml, room) {
  if (Object.values(reach).some((found) => Array.isArray(found) && found.length > MAX_LISTED)) {
    throw new NotShareable("Its file names too many hosts, keys or tools to be looked over.");
  }
  const hosts = reach.any_host ? ["any host on the internet, as its tools or its models choose", ...reach.hosts] : reach.hosts;
  const keys = reach.keys.map(({ name, hosts: to }) =>
    to.length ? `${name}, sent to ${to.join(", ")}` : `${name}, put into its texts`,
  );
  const tools = reach.toolsets.map(({ type, name, hosts: to, any_host: any }) => {
    const label = name ? `${type} (${name})` : type;
    return any ? `${label}: any host` : to.length ? `${label}: ${to.join(", ")}` : label;
  });
  const unasked = reach.unasked.map((pattern) => (pattern === "*" ? "every tool" : pattern));
  const parts = [
    make("p", { text: "Nothing of it has run. If you use it, a new chat begins, and this is what it may do:" }),
    list("Sends your conversation to", hosts, "No host: its models run in this tab."),
    list("Models it asks", reach.models),
    list("Keys it wants from you", keys, "None."),
    list("Tools", tools, "None."),
  ];
  if (unasked.length) parts.push(list("Runs without asking you", unasked));
  if (reach.packages.length) parts.push(list("Installs Python packages", reach.packages));
  if (reach.python.length) {
    const warning =
      "It has Python code, which runs in this tab without isolation: it can read the keys that you give, and reach any host.";
    parts.push(make("p", { class: "offer-warning", text: warning }));
    parts.push(folded("Read the Python code", reach.python.join("\n\n")));
  }
  parts.push(folded("Read the whole file", yaml));
  if (room.isChanged) parts.push(make("p", { text: "It takes the place of the file that you have changed; you can undo that." }));
  return parts;
}

/**
 * @param {string} title
 * @param {string[]} entries
 * @param {string} [none] What stands there if there are none.
 */
function list(title, entries, none = "") {
  const shown = entries.length
    ? make("ul", {}, ...entries.map((text) => make("li", { text: visible(text) })))
    : make("p", { text: none });
  return make("section", {}, make("h3", { text: title }), shown);
}

/**
 * @param {string} title
 * @param {string} text
 */
function folded(title, text) {
  return make("details", {}, make("summary", { text: title }), codeBox(title, visible(text)));
}

/**
 * @param {string} text
 * @param {() => void} onClick
 */
function button(text, onClick) {
  const made = make("button", { text });
  made.type = "button";
  made.addEventListener("click", onClick);
  return made;
}
