// @ts-check
/**
 * Runs in the page before its scripts; the driver injects it. It turns the driver's texts into calls of the public API,
 * the one that a page embeds, and sends the results back over `sparewheelPush`.
 *
 * The texts are lists of messages of the worker protocol: {id, method, params} in; {type: "reply" | "events" |
 * "progress" | "ready" | "boot_failed", ...} out. A text costs a driver more than a turn may cost the page, so messages
 * that come while it takes one wait for the next, and outcomes of many turns wait for each other.
 */
(() => {
  const HOLD = 20; // milliseconds for which an outcome waits for others
  const host = /** @type {any} */ (globalThis);

  /** @type {string[]} Messages that the driver has not been given. */
  let waiting = [];
  let outcomes = 0; // among them
  let due = false;
  let giving = false;
  /** @type {any} */
  let timer = 0;

  /** @param {object} message Goes with the next one that is pushed. */
  const add = (message) => void waiting.push(JSON.stringify(message));

  /** @param {object} message */
  const push = (message) => {
    add(message);
    wake();
  };

  /** @param {object} message Goes when a quarter of the turns that run have an outcome, or after `HOLD`. */
  const pushOutcome = (message) => {
    add(message);
    outcomes += 1;
    if (outcomes * 4 >= chats.size) wake();
    else timer ||= setTimeout(wake, HOLD);
  };

  const wake = () => {
    due = true;
    if (!giving) void give();
  };

  const give = async () => {
    giving = true;
    await null; // what follows at once goes with it
    while (due) {
      const text = `[${waiting.join(",")}]`;
      clearTimeout(timer);
      waiting = [];
      [outcomes, due, timer] = [0, false, 0];
      await Promise.resolve(host.sparewheelPush(text)).catch(() => {}); // it fails when the driver is gone
    }
    giving = false;
  };

  /** @type {any} */
  let runtime;
  /** @type {Map<string, any>} */
  const sessions = new Map();
  /** @type {Map<string, AbortController>} Turns of `chat`, by the names of their sessions. */
  const chats = new Map();
  /** @type {Map<string, object[]>} Events that have not been sent, by session. */
  const batches = new Map();

  /** Messages leave in their order, so those after one with media wait until its bytes have been read. */
  let sent = Promise.resolve();
  let reading = 0;

  /**
   * @param {any[]} holders Events, or a result.
   * @param {object} message What has them in it.
   * @param {(message: object) => void} [send]
   */
  const pushMedia = (holders, message, send = push) => {
    const media = holders.flatMap((each) => [each, ...(each?.message?.media ?? []), ...(each?.partial_message?.media ?? [])]);
    const blobs = media.filter((each) => each?.blob instanceof Blob);
    if (blobs.length === 0 && reading === 0) {
      send(message);
      return;
    }
    reading += 1;
    sent = sent
      .then(() => Promise.all(blobs.map(toData)))
      .then(() => send(message))
      .finally(() => (reading -= 1));
  };

  /** @param {{blob?: Blob, data?: string}} media */
  const toData = async (media) => {
    const bytes = new Uint8Array(await /** @type {Blob} */ (media.blob).arrayBuffer());
    let text = "";
    for (let start = 0; start < bytes.length; start += 0x8000) {
      text += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
    }
    media.data = btoa(text);
    delete media.blob;
  };

  const flush = () => {
    for (const [session, events] of batches) pushMedia(events, { type: "events", session, events });
    batches.clear();
  };

  // What tabs tell each other of the health of models (web/client/tab-sync.js): the driver is one more tab.
  const health = globalThis.BroadcastChannel ? new BroadcastChannel("sparewheel-health") : null;
  health?.addEventListener("message", ({ data }) => typeof data?.name === "string" && push({ type: "health", entry: data }));

  /** @param {string} session */
  const listener = (session) => (/** @type {object} */ event) => {
    if (batches.size === 0) queueMicrotask(flush);
    const batch = batches.get(session);
    if (batch) batch.push(event);
    else batches.set(session, [event]);
  };

  /** @param {any} error */
  const facts = (error) => {
    const { kind = "internal", hint = "", code, status, provider, model, retryable, attempts } = error ?? {};
    const message = String(error?.message ?? error);
    return { message, kind, hint, code, status, provider, model, retryable, attempts };
  };

  /** @type {Record<string, (params: any) => Promise<unknown>>} */
  const methods = {
    async create_session({ session, ...options }) {
      // Events are read, but questions cannot be answered.
      sessions.set(session, await runtime.createSession({ interactive: false, ...options }, listener(session)));
    },
    async open_session({ session, id, ...options }) {
      sessions.set(session, await runtime.sessions.open(id, { interactive: false, ...options }, listener(session)));
    },
    async chat({ session, ...options }) {
      // One of many turns: of its events, only those of its outcome, unless the driver traces it.
      const stop = new AbortController();
      /** @type {object[]} */
      const events = [];
      const listen = options.events === "all" ? listener(session) : (/** @type {object} */ event) => void events.push(event);
      chats.set(session, stop);
      try {
        return await runtime.chat({ interactive: false, events: "outcome", ...options, signal: stop.signal }, listen);
      } finally {
        chats.delete(session);
        if (events.length > 0) pushMedia(events, { type: "events", session, events }, add);
      }
    },
    share_health: async ({ entries }) => entries.forEach((/** @type {object} */ entry) => health?.postMessage(entry)),
    list_sessions: () => runtime.sessions.list(),
    send: ({ session, prompt, ...options }) => sessions.get(session).send(prompt, options),
    resume: ({ session, ...options }) => sessions.get(session).resume(options),
    resolve: ({ session, id, decision, result }) => sessions.get(session).resolve(id, decision, result),
    restart: ({ session }) => sessions.get(session).restart(),
    update: ({ session, ...options }) => sessions.get(session).update(options),
    prefer: ({ session, model }) => sessions.get(session).prefer(model ?? null),
    skip: ({ session, model, skip }) => sessions.get(session).skip(model, skip),
    messages: ({ session }) => sessions.get(session).messages(),
    async abort({ session, reason }) {
      chats.get(session)?.abort();
      sessions.get(session)?.abort(reason);
    },
    async close({ session }) {
      await sessions.get(session)?.close();
      sessions.delete(session);
    },
  };

  /** @param {{id: number, method: string, params: any}} command */
  const answer = async ({ id, method, params }) => {
    const send = method === "chat" ? pushOutcome : push;
    try {
      const call = methods[method];
      if (!call) throw new Error(`the page has no method "${method}"`);
      const result = await call(params);
      flush();
      pushMedia([result], { type: "reply", id, result: result ?? null }, send);
    } catch (error) {
      flush();
      pushMedia([], { type: "reply", id, error: facts(error) }, send);
    }
  };

  /** @param {any} options Of the runtime, and `record`: whether to send a recording. */
  const start = async (options) => {
    try {
      if (!host.createRuntime) throw new Error("sparewheel.js did not load");
      const { record, ...given } = options;
      runtime = await host.createRuntime({
        ...given,
        /** @param {object} progress */
        onProgress: (progress) => push({ ...progress, type: "progress" }),
      });
      if (record) await runtime.record((/** @type {string} */ line) => push({ type: "recorded", line }));
      push({ type: "ready" });
    } catch (error) {
      const { message, hint } = facts(error);
      push({ type: "boot_failed", stage: /** @type {any} */ (error)?.stage ?? "page", reason: message, hint });
    }
  };

  // Neither returns a promise: the driver's call must return at once, however long the work takes.
  host.sparewheelHost = {
    started: false,
    /** @param {object} [options] */
    boot(options = {}) {
      this.started = true;
      void start(options);
    },
    /** @param {string} text */
    dispatch: (text) => void JSON.parse(text).forEach(answer),
  };
})();
