// The conversation in the address, so that a reload, a bookmark and Back come to it again: `#chat=ID`.

const NAME = "chat";
/** Longer ids are none of ours. */
const MAX_ID = 200;

/**
 * @param {string} hash
 * @returns {string | null} The id of a conversation; null if the address names none.
 */
export function chatIn(hash) {
  const id = new URLSearchParams(hash.replace(/^#/, "")).get(NAME);
  return id && id.length <= MAX_ID ? id : null;
}

/** @param {string | null} id */
export function hashOf(id) {
  return id === null ? "" : `#${new URLSearchParams({ [NAME]: id })}`;
}

/**
 * @param {string | null} id
 * @param {{adds: boolean}} options Whether Back returns to the conversation before.
 */
export function setAddress(id, { adds }) {
  if (chatIn(location.hash) === id) return;
  const url = `${location.pathname}${location.search}${hashOf(id)}`;
  if (adds) history.pushState(null, "", url);
  else history.replaceState(null, "", url);
}
