import { isObject, refuse } from "./config-error.js";

/**
 * @typedef {import("../sparewheel.js").StoredSessions} StoredSessionsApi
 * @typedef {StoredSessionsApi["open"]} Open
 */

/**
 * The sessions that a runtime's store keeps.
 * @implements {StoredSessionsApi}
 */
export class StoredSessions {
  #client;

  /**
   * @param {import("./client.js").Client} client
   * @param {Open} open
   */
  constructor(client, open) {
    this.#client = client;
    this.open = open;
  }

  async list() {
    return this.#client.request("list_sessions", {});
  }

  /**
   * @param {string} id
   * @param {string} title
   */
  async rename(id, title) {
    await this.#client.request("rename_session", { id, title });
  }

  /** @param {string} id */
  async delete(id) {
    await this.#client.request("delete_session", { id });
  }

  /**
   * @param {string} id
   * @param {object} [options]
   * @returns {Promise<any>}
   */
  async export(id, options = {}) {
    if (!isObject(options)) throw refuse("sessions.export: expected an options object");
    // The command's own names cannot be given as options.
    return this.#client.request("export_session", /** @type {any} */ ({ ...options, id }));
  }

  /** @param {unknown} document */
  async import(document) {
    return this.#client.request("import_session", { document });
  }
}
