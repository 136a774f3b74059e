// The questions of a turn in `<sparewheel-chat>`: may a call run, what does a tool want to know, has a call had its effect.

import { whenBack } from "../oauth-channel.js";
import { button, make } from "./chat-dom.js";

/**
 * @typedef {import("../sparewheel.js").Session} Session
 * @typedef {Extract<import("../events.js").Event, {type: "tool_confirmation" | "elicitation" | "in_doubt"}>} Question
 */

/**
 * @param {Question} event
 * @param {Session} session
 * @param {() => void} done
 * @returns {HTMLElement}
 */
export function questionOf(event, session, done) {
  // It rejects if the question is no longer open: the question is then closed as well.
  const answer = (/** @type {Promise<void>} */ sent) => void sent.catch(() => {}).then(done);
  if (event.type === "elicitation") return elicitation(event, session, answer);
  const { id, name, args } = event;
  if (event.type === "tool_confirmation") {
    return group(`Allow ${name}?`, args, [
      button("Allow", () => answer(session.confirm({ id, decision: "approve" }))),
      button("Don't allow", () => answer(session.confirm({ id, decision: "reject" }))),
    ]);
  }
  return group(`${name} may have run before the interruption.`, args, [
    button("It has run", () => answer(session.resolve(id, "done"))),
    button("Run it again", () => answer(session.resolve(id, "again"))),
    button("Skip it", () => answer(session.resolve(id, "skip"))),
  ]);
}

/**
 * @param {string} title
 * @param {string} args
 * @param {HTMLElement[]} buttons
 */
function group(title, args, buttons) {
  const content = [make("strong", { textContent: title }), make("pre", { textContent: args, tabIndex: 0 })];
  return make(
    "div",
    { className: "question", role: "group", "aria-label": title },
    ...content,
    make("div", { className: "buttons" }, ...buttons),
  );
}

/**
 * @param {Extract<Question, {type: "elicitation"}>} event
 * @param {Session} session
 * @param {(sent: Promise<void>) => void} answer
 */
function elicitation({ id, message, schema, url, sign_in: signIn }, session, answer) {
  if (url !== undefined) return opening({ id, message, url, signIn }, session, answer);
  const properties = /** @type {Record<string, any>} */ (schema["properties"] ?? {});
  const required = /** @type {unknown[]} */ (Array.isArray(schema["required"]) ? schema["required"] : []);
  const fields = Object.entries(properties).map(([name, type]) => ({
    name,
    type,
    input: inputOf(type, required.includes(name)),
  }));
  const content = () => Object.fromEntries(fields.flatMap(({ name, type, input }) => valueOf(name, type, input)));
  const form = make("form", {
    onsubmit: (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      answer(session.respondToElicitation({ id, action: "accept", content: content() }));
    },
  });
  const decline = button("Decline", () => answer(session.respondToElicitation({ id, action: "decline" })));
  const labels = fields.map(({ name, type, input }) => make("label", {}, `${type?.title ?? name} `, input));
  form.append(...labels, make("div", { className: "buttons" }, make("button", { textContent: "Answer" }), decline));
  return make(
    "div",
    { className: "question", role: "group", "aria-label": message },
    make("strong", { textContent: message }),
    form,
  );
}

/**
 * Ask the user to open an address. After a sign-in the answer is sent when the user is back at `oauth.html`.
 * @param {{id: string, message: string, url: string, signIn?: {state: string} | undefined}} request
 * @param {Session} session
 * @param {(sent: Promise<void>) => void} answer
 */
function opening({ id, message, url, signIn }, session, answer) {
  const accept = (/** @type {Record<string, string>} */ content) =>
    answer(session.respondToElicitation({ id, action: "accept", content }));
  /** @type {(() => void) | undefined} */
  let stop;
  const open = button(`Open ${new URL(url).host}`, () => {
    if (signIn) stop ??= whenBack(signIn.state, accept);
    window.open(url, "_blank", "popup,noopener,noreferrer"); // the session has checked that it is an http(s) address
    if (!signIn) accept({});
  });
  const decline = button("Decline", () => answer(session.respondToElicitation({ id, action: "decline" })));
  return make(
    "div",
    { className: "question", role: "group", "aria-label": message },
    make("strong", { textContent: message }),
    make("div", { className: "buttons" }, open, decline),
  );
}

/**
 * @param {any} type
 * @param {boolean} required
 */
function inputOf(type, required) {
  if (Array.isArray(type?.enum)) {
    const options = type.enum.map((/** @type {unknown} */ value) => make("option", { textContent: String(value) }));
    return make("select", { required }, ...options);
  }
  if (type?.type === "boolean") return make("input", { type: "checkbox" });
  const isNumber = type?.type === "number" || type?.type === "integer";
  return make("input", { type: isNumber ? "number" : "text", step: type?.type === "number" ? "any" : "1", required });
}

/**
 * @param {string} name
 * @param {any} type
 * @param {HTMLInputElement | HTMLSelectElement} input
 * @returns {[string, any][]} None if nothing was filled in.
 */
function valueOf(name, type, input) {
  if (input instanceof HTMLSelectElement) return [[name, type.enum[input.selectedIndex]]];
  if (input.type === "checkbox") return [[name, input.checked]];
  if (input.value === "") return [];
  return [[name, input.type === "number" ? input.valueAsNumber : input.value]];
}
