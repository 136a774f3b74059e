// The errors of an agent file, one by one, from the message that names them all. No DOM here.

const PLACE = /line (\d+), column (\d+): /g;

/** @typedef {{line: number, column: number, text: string}} Problem Counted from 1. */

/**
 * The problems that have a place in the file.
 * @param {string} message Of an error of kind "config".
 * @returns {Problem[]}
 */
export function problemsIn(message) {
  const places = [...message.matchAll(PLACE)];
  return places.map((place, at) => {
    const end = places[at + 1]?.index ?? message.length;
    const text = message.slice(place.index + place[0].length, end).replace(/[;\s]+$/, "");
    return { line: Number(place[1]), column: Number(place[2]), text };
  });
}
