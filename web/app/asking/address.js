import { whenBack } from "../../oauth-channel.js";
import { make } from "../dom.js";
import { visible } from "../visible.js";
import { QuestionView } from "./question-view.js";

const WINDOW = "popup,width=520,height=720,noopener,noreferrer";

/**
 * Ask the user to open an address: to sign in to a server, or because a tool wants it.
 * @param {{id: string, message: string, url?: string, sign_in?: {server: string, state: string}}} request
 * @param {(answer: import("../../sparewheel.js").ElicitationAnswer) => Promise<unknown>} respond
 */
export function addressQuestion({ id, message, url = "", sign_in: signIn }, respond) {
  const address = addressOf(url);
  const host = address?.host ?? "";
  const server = signIn && (addressOf(signIn.server)?.host ?? visible(signIn.server));
  const title = server ? `${server} asks you to sign in at ${host}` : `The agent asks you: ${visible(message)}`;
  const note = make("p", { class: "note", text: noteOf(host, Boolean(signIn)) });
  const question = new QuestionView(title, note);
  if (address) {
    const open = () => window.open(address.href, "_blank", WINDOW);
    if (signIn) signInButton(question, host, note, open, signIn.state, (content) => respond({ id, action: "accept", content }));
    else question.button(`Open ${host}`, () => (open(), respond({ id, action: "accept" })), { class: "primary" });
  }
  question.button("Decline", () => respond({ id, action: "decline" }));
  return question;
}

/**
 * A button that opens the window of a sign-in. The question stays until the user is back, so it can be pressed again.
 * @param {QuestionView} question
 * @param {string} host
 * @param {HTMLElement} note
 * @param {() => void} open
 * @param {string} state
 * @param {(back: import("../../oauth-channel.js").Back) => Promise<unknown>} done
 */
function signInButton(question, host, note, open, state, done) {
  /** @type {(() => void) | undefined} */
  let stop;
  question.removed = () => stop?.();
  const act = () => {
    stop ??= whenBack(state, (back) => void question.answer(() => done(back)));
    open();
    note.textContent = `Sign in at ${host} in the window that has opened. This goes on when you are back.`;
  };
  question.action(`Sign in at ${host}`, act, { class: "primary" });
}

/**
 * @param {string} host
 * @param {boolean} isSignIn
 */
function noteOf(host, isSignIn) {
  if (!host) return "It names an address that this page does not open.";
  return isSignIn ? "A window opens there. Sign in only if you know that address." : `A window opens at ${host}.`;
}

/**
 * An address that may be opened: https, or http on this machine.
 * @param {string} text
 */
function addressOf(text) {
  const address = URL.canParse(text) ? new URL(text) : null;
  if (!address || address.username || address.password) return null;
  const isLocal = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(address.hostname);
  return address.protocol === "https:" || (address.protocol === "http:" && isLocal) ? address : null;
}
