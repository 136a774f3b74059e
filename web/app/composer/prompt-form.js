// The values of a server's prompt, which the user fills in. Loaded when one is chosen.

import "../shared.js";
import { QuestionView } from "../asking/question-view.js";
import { schemaForm } from "../schema-form.js";
import { label } from "../visible.js";

/**
 * @typedef {import("../../sparewheel.js").ServerPrompt} ServerPrompt
 * @typedef {import("../../sparewheel.js").ContentPart} ContentPart
 * @typedef {import("../../sparewheel.js").ChosenPrompt} ChosenPrompt
 */

/**
 * A prompt, filled in; null: the user has given it up. A prompt without arguments is got at once.
 * @param {ServerPrompt} prompt
 * @param {(chosen: ChosenPrompt) => Promise<ContentPart[]>} fill
 * @param {HTMLElement} room Gets the form.
 * @returns {Promise<ContentPart[] | null>} Rejects if the server does not give it.
 */
export async function filledPrompt({ server, name, description, arguments: wanted }, fill, room) {
  if (wanted.length === 0) return fill({ server, name, arguments: {} });
  const properties = Object.fromEntries(wanted.map((each) => [each.name, { type: "string", description: each.description }]));
  const required = wanted.filter((each) => each.required).map((each) => each.name);
  const form = schemaForm({ properties, required });
  const title = `${label(`${server}:${name}`)}${description ? `: ${label(description)}` : ""}`;
  const question = new QuestionView(title, ...form.elements);
  return new Promise((resolve) => {
    /** @type {ContentPart[] | null} */
    let filled = null;
    const get = async () => (filled = await fill({ server, name, arguments: form.read() }));
    question.button("Use prompt", get, { submits: true, class: "primary" });
    question.button("Cancel", async () => {});
    question.element.addEventListener("answered", () => {
      question.remove();
      resolve(filled);
    });
    room.replaceChildren(question.element);
    question.beginInFirstField();
    question.announce();
  });
}
