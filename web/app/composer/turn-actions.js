import { make } from "../dom.js";
import { Menu } from "./menu.js";
import { label } from "../visible.js";

/**
 * @typedef {object} Over A turn that is over.
 * @property {string | null} id null if it had no event.
 * @property {import("../../sparewheel.js").Prompt} prompt
 * @property {"finished" | "failed" | "stopped"} outcome
 * @property {boolean} needsKey Whether it has failed because a key is missing.
 * @property {boolean} goesOn Whether it has failed after steps that are finished, and has not been followed by another one.
 *
 * @typedef {object} Steering
 * @property {() => readonly string[]} models Of the chain that would answer now.
 * @property {(turn: Over) => void} retry
 * @property {(turn: Over) => void} edit
 * @property {(turn: Over, model: string) => void} askOther Ask another model the same.
 * @property {() => void} addKey Show where the missing key goes.
 */

/**
 * What can be done with a turn that is over: buttons under it.
 * @param {Over} turn
 * @param {Steering} steering
 */
export function turnActions(turn, { models, retry, edit, askOther, addKey }) {
  const button = (/** @type {string} */ text, /** @type {string} */ about, /** @type {() => void} */ act) => {
    const made = make("button", { text });
    made.type = "button";
    made.title = about;
    made.addEventListener("click", act);
    return made;
  };
  const room = make("div", { class: "turn-actions" });
  room.setAttribute("role", "group");
  room.ariaLabel = "This turn";
  if (turn.needsKey) room.append(button("Add a key", "Show where the missing key goes", addKey));
  if (turn.outcome !== "finished") {
    const again = button("Retry", "Ask the same again", () => retry(turn));
    again.classList.add("retry");
    room.append(again);
  }
  const keeps = turn.outcome === "failed" ? "" : ". This conversation stays as it is; the other one is a branch of it";
  room.append(button("Edit and resend", `Change the prompt and send it again${keeps}`, () => edit(turn)));
  const menu = new Menu("Ask another model", () => {
    return models().map((model) => ({ text: label(model), choose: () => askOther(turn, model) }));
  });
  menu.button.title = `The same prompt to a model of your choice${keeps}`;
  room.append(menu.element);
  return room;
}
