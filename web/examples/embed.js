// Sparewheel in a page of your own: one session, its answer as it streams, and a line for each failure of a model.

import { createRuntime, createTranscript } from "../sparewheel.js";

const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (document.querySelector(selector));
const form = /** @type {HTMLFormElement} */ (find("form"));
const button = /** @type {HTMLButtonElement} */ (find("button"));
const status = find("[role=status]");

const runtime = await createRuntime({ onProgress: ({ message }) => (status.textContent = message) });
// The demo chain needs no key: its first model stops midway, the second is overloaded, the third answers.
const yaml = await (await fetch(new URL("demo.yaml", import.meta.url))).text();
const session = await runtime.createSession({ yaml });
status.textContent = "Ready";
button.disabled = false;

form.addEventListener("submit", async (submitted) => {
  submitted.preventDefault();
  button.disabled = true;
  status.textContent = "Running";
  try {
    await ask(String(new FormData(form).get("prompt")));
    status.textContent = "Ready";
  } catch (error) {
    status.textContent = String(error); // a SparewheelError: its message, and its `hint` for what to do
  }
  button.disabled = false;
});

/** @param {string} prompt */
async function ask(prompt) {
  const transcript = createTranscript();
  for await (const event of session.stream(prompt)) {
    transcript.push(event);
    find("#answer").textContent = transcript.message.content; // without what failed attempts streamed
    if (event.type === "retry") note(`${event.model} is tried again: ${event.reason}`);
    if (event.type === "fallback") note(`${event.from} failed, ${event.to} is next: ${event.reason}`);
  }
}

/** @param {string} text */
function note(text) {
  const item = document.createElement("li");
  item.textContent = text;
  find("#log").append(item);
}
