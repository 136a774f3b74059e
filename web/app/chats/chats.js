// The room of the conversations: the list in the rail, and what the page says of the conversation that is open.

import { briefly } from "../composer/prompt-text.js";
import { perFrame } from "../dom.js";
import { chatIn, setAddress } from "./address.js";
import { ChatList } from "./chat-list.js";
import { Digests } from "./digests.js";
import { Notices } from "./notices.js";
import { isEmpty, shownRows, withInterrupted } from "./rows.js";
import { match, searchable } from "./search.js";
import { openShelf } from "./shelf.js";
import { load, save } from "./transfer.js";
import { Trash } from "./trash.js";
import { Typing } from "./typing.js";

/**
 * @typedef {import("../../sparewheel.js").SessionRow} SessionRow
 * @typedef {import("../workbench.js").Workbench} Workbench
 */

/** After a change that other tabs tell of, or a burst of changes of this one. */
const REFRESH_MS = 150;
/** Characters of a prompt that stands for a title. */
const MAX_ASKED = 60;

export class Chats {
  #workbench;
  #list;
  #notices;
  #trash;
  #digests;
  /** @type {readonly SessionRow[]} */
  #rows = [];
  #query = "";
  /** What was asked first here in each conversation: its title until it gets one. @type {Map<string, string>} */
  #asked = new Map();
  /** @type {Map<string, import("./search.js").Text>} By title. */
  #titles = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #refreshing;
  /** Why there is no list; "" if there is one. */
  #problem = "";
  #others = openChannel();
  #showSoon = perFrame(() => this.#show());
  /** What has failed last, until something else is done. */
  #failure = "";
  #isCleared = false;

  /**
   * @param {{list: HTMLElement, notices: HTMLElement}} rooms
   * @param {Workbench} workbench
   * @param {import("./kept.js").Kept} kept
   */
  constructor({ list, notices }, workbench, kept) {
    this.#workbench = workbench;
    this.#notices = new Notices(notices, workbench, kept);
    this.#trash = new Trash({
      erase: (id) => this.#erase(id),
      kept: { get: () => kept.get("deleted"), set: (entries) => kept.set("deleted", entries) },
      onChange: () => this.#show(),
    });
    this.#digests = new Digests(
      async (id) => (await workbench.runtime).sessions.export(id),
      openShelf(),
      () => this.#showSoon(),
    );
    this.#list = new ChatList(list, {
      open: (id) => this.#open(id),
      rename: (id, title) => this.#do("It could not be renamed", ({ sessions }) => sessions.rename(id, title)),
      remove: (id, title) => this.#remove(id, title),
      save: (id, format) => {
        const title = this.#rows.find((row) => row.id === id)?.title ?? "";
        this.#do("It could not be saved", (runtime) => save(runtime, { id, title }, format));
      },
      search: (query) => this.#search(query),
      load: (files) => void this.#load(files),
      undo: (id) => this.#trash.undo(id),
      seen: (ids) => this.#digests.want(ids),
    });
    this.typing = new Typing(workbench, kept);
    this.#listen();
  }

  #listen() {
    const workbench = this.#workbench;
    const refresh = () => this.refresh();
    workbench.subscribe({
      chat: () => {
        this.#showAddress();
        this.#showChat();
      },
      session: () => {
        this.#showAddress();
        this.#showChat();
        refresh();
      },
      restored: () => this.#showChat(),
      driver: () => this.#showChat(),
      title: refresh,
      turn: () => this.#showTurn(),
      end: () => this.#showTurn(),
      background: () => this.#showTurn(),
    });
    this.#others?.addEventListener("message", () => this.refresh({ tells: false }));
    addEventListener("popstate", () => this.#followAddress());
    addEventListener("pagehide", () => this.#trash.leave());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.refresh({ tells: false }));
  }

  /** Show the conversation that the address names, and the list when it can be read. */
  begin() {
    const id = chatIn(location.hash);
    this.typing.begin(id !== null);
    if (id !== null) void this.#openStored(id);
    this.#trash.finish();
    this.refresh({ tells: false });
  }

  /** Read the list again, soon. `tells`: other tabs shall do that, too. */
  refresh({ tells = true } = {}) {
    clearTimeout(this.#refreshing);
    this.#refreshing = setTimeout(() => void this.#refresh(), REFRESH_MS);
    if (tells) this.#others?.postMessage("changed");
  }

  async #refresh() {
    try {
      const { sessions } = await this.#workbench.runtime;
      this.#rows = withInterrupted(await sessions.list(), this.#workbench.running);
      this.#problem = "";
      if (!this.#isCleared) this.#clear();
      void this.#digests.sync(this.#rows);
    } catch (error) {
      this.#problem = `Conversations last only until this page is closed: ${messageOf(error)}`;
    }
    this.#show();
  }

  /** Delete what was only made to check an agent file, on an earlier visit. */
  #clear() {
    this.#isCleared = true;
    const empty = this.#rows.filter((row) => isEmpty(row) && row.id !== this.#workbench.chat.id);
    for (const { id } of empty) void this.#erase(id).catch(() => {}); // another tab may have it
  }

  #show() {
    const current = this.#workbench.chat.id;
    const running = this.#workbench.running;
    for (const [id, turn] of running) {
      if (id !== null && turn && !this.#asked.has(id)) this.#asked.set(id, briefly(turn.prompt, MAX_ASKED));
    }
    const rows = this.#rows.map((row) => (running.has(row.id) ? { ...row, state: /** @type {const} */ ("running") } : row));
    const shown = shownRows(rows, {
      hidden: this.#trash.ids,
      modelsOf: (id) => this.#digests.modelsOf(id),
      askedIn: (id) => this.#asked.get(id) ?? "",
    });
    this.#list.offerUndo(this.#trash.last); // before its row, which may have the focus, is gone
    this.#list.show(this.#query ? this.#found(shown) : shown, current);
    this.#list.note(this.#noteOf());
  }

  /** @param {import("./rows.js").Shown[]} rows */
  #found(rows) {
    return rows.flatMap((row) => {
      const title = this.#titles.get(row.title) ?? searchable(row.title);
      this.#titles.set(row.title, title);
      const found = match(this.#query, title, this.#digests.textOf(row.id));
      return found ? [{ ...row, snippet: found.snippet }] : [];
    });
  }

  #noteOf() {
    const { missing } = this.#digests;
    if (this.#query && missing > 0) return `Searching… ${missing} conversations are still to be read.`;
    return this.#failure || this.#problem;
  }

  /**
   * @param {string} what
   * @param {unknown} error
   */
  #fail(what, error) {
    this.#failure = `${what}: ${messageOf(error)}`;
    this.#show();
  }

  /** @param {string} query */
  #search(query) {
    this.#query = query.trim();
    if (this.#query) this.#digests.wantAll();
    this.#show();
  }

  /** @param {string} id */
  #open(id) {
    if (id === this.#workbench.chat.id) return;
    setAddress(id, { adds: true });
    void this.#openStored(id);
  }

  /** @param {string} id */
  async #openStored(id) {
    this.#failure = "";
    try {
      await this.#workbench.openChat(id, ({ yaml }) => this.typing.agentOf(id, yaml));
    } catch (error) {
      if (this.#workbench.chat.id !== id) return;
      this.#fail("This conversation cannot be shown", error);
      setAddress(null, { adds: false });
      this.#workbench.newChat();
    }
  }

  /** Back, or a link: the address names another conversation. */
  #followAddress() {
    const id = chatIn(location.hash);
    if (id === this.#workbench.chat.id) return;
    if (id !== null) void this.#openStored(id);
    else if (location.hash !== "")
      this.#showAddress(); // a link within the page
    else if (!this.#workbench.chat.isEmpty) this.#workbench.newChat();
  }

  #showAddress() {
    const { id, isEmpty } = this.#workbench.chat;
    setAddress(isEmpty ? null : id, { adds: false });
  }

  #showTurn() {
    const { turn, running } = this.#workbench;
    this.#digests.pause(running.size > 0);
    removeEventListener("beforeunload", askBeforeLeaving);
    if (running.size > 0) addEventListener("beforeunload", askBeforeLeaving);
    if (turn) this.#showAddress();
    this.#showChat();
    this.refresh();
  }

  #showChat() {
    this.#notices.update();
    this.#show();
  }

  /**
   * @param {string} id
   * @param {string} title
   */
  #remove(id, title) {
    this.#trash.put({ id, title });
    if (id === this.#workbench.chat.id) {
      setAddress(null, { adds: false });
      this.#workbench.newChat();
    }
  }

  /** @param {string} id */
  async #erase(id) {
    const { sessions } = await this.#workbench.runtime;
    await this.#workbench.close(id);
    await sessions.delete(id);
    this.#rows = this.#rows.filter((row) => row.id !== id);
    this.refresh();
  }

  /** @param {File[]} files */
  async #load(files) {
    for (const file of files) {
      const { name } = file;
      await this.#do(`${name.slice(0, 80)} was not imported`, async (runtime) => void (await load(runtime, file)));
    }
  }

  /**
   * @param {string} failure What to say if it fails.
   * @param {(runtime: import("../../sparewheel.js").Runtime) => Promise<unknown>} work
   */
  async #do(failure, work) {
    this.#failure = "";
    try {
      await work(await this.#workbench.runtime);
      this.refresh();
    } catch (error) {
      this.#fail(failure, error);
    }
  }
}

/** @param {BeforeUnloadEvent} event */
function askBeforeLeaving(event) {
  event.preventDefault();
}

/** @param {unknown} thrown */
function messageOf(thrown) {
  return thrown instanceof Error ? thrown.message.slice(0, 300) : String(thrown);
}

/** Null where it is forbidden. */
function openChannel() {
  try {
    return new BroadcastChannel("sparewheel-chats");
  } catch {
    return null;
  }
}
