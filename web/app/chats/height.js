// About how high a turn is, before it is laid out. No DOM here.

const LINE_CHARS = 80; // of a line on the page
const LINE = 1.7; // rem
const AROUND = 7; // rem: the prompt, what can be done with the turn, and the space between them

/**
 * The height of a stored turn in rem, about.
 * @param {Pick<import("./stored-turns.js").StoredTurn, "events">} turn
 */
export function expectedHeight({ events }) {
  let lines = 0;
  for (const event of events) {
    if (event.type !== "delta" || !event.content) continue;
    for (const line of event.content.split("\n")) lines += line === "" ? 0.4 : Math.ceil(line.length / LINE_CHARS);
  }
  return Math.round(AROUND + LINE * lines);
}
