// The documents of a conversation, for an agent that searches them. What shows and keeps them is loaded for such an agent.

/**
 * @typedef {import("../sessions.js").Chat} Chat
 * @typedef {import("../workbench.js").Workbench} Workbench
 */

/** What an agent file has that searches documents. Others may have it as well. */
const MAY_SEARCH = /\brag\b/;
const late = () => import("./documents-view.js");

/**
 * @param {HTMLElement} place
 * @param {Workbench} workbench
 */
export function documentsRoom(place, workbench) {
  const look = () => {
    if (!place.hasChildNodes() && !MAY_SEARCH.test(workbench.yaml)) return;
    late()
      .then(({ showDocuments }) => showDocuments(place, workbench))
      .catch(() => {});
  };
  workbench.subscribe({ agent: look, chat: look, session: look });
}

/**
 * The documents of a conversation as an option of its session; null: its agent searches none.
 * @param {Chat} chat
 * @param {string} yaml
 * @returns {Promise<Record<string, string | Uint8Array> | null>}
 */
export async function documentsFor(chat, yaml) {
  if (!MAY_SEARCH.test(yaml)) return null;
  const { contentsOf } = await late();
  return contentsOf(chat);
}

/**
 * Keep the documents of a conversation in which something was asked. If that is not possible, they last as long as the page.
 * @param {Chat} chat
 */
export async function keepDocuments(chat) {
  const { id, documents, documentsVersion } = chat;
  if (id === null || chat.isEmpty || !documents || chat.keptVersion === documentsVersion) return;
  chat.keptVersion = documentsVersion;
  await (await late()).store(id, documents);
}

/**
 * A conversation goes on as another one, too.
 * @param {Chat} chat
 * @param {string} id Of the other one.
 */
export async function copyDocuments(chat, id) {
  if (chat.documents?.size) await (await late()).store(id, chat.documents);
}

/** @param {string} id A conversation that is deleted. */
export async function forgetDocuments(id) {
  await (await late()).store(id, new Map());
}
