import { addressQuestion } from "./address.js";
import { QuestionView } from "./question-view.js";
import { schemaForm } from "../schema-form.js";
import { visible } from "../visible.js";

/**
 * Ask what a tool wants to know of the user.
 * @param {Extract<import("../../sparewheel.js").Event, {type: "elicitation"}>} request
 * @param {(answer: import("../../sparewheel.js").ElicitationAnswer) => Promise<unknown>} respond
 */
export function elicitation(request, respond) {
  if (request.mode === "url") return addressQuestion(request, respond);
  const { id, message, schema } = request;
  const form = schemaForm(Object(schema));
  const { title } = Object(schema);
  const heading = typeof title === "string" && title ? `${title}: ${message}` : message;
  const question = new QuestionView(`The agent asks you: ${visible(heading)}`, ...form.elements);
  question.button("Answer", async () => respond({ id, action: "accept", content: form.read() }), {
    submits: true,
    class: "primary",
  });
  question.button("Decline", () => respond({ id, action: "decline" }));
  question.beginInFirstField();
  return question;
}
