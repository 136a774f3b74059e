// @ts-check
/**
 * Runs in the page before its scripts; the driver injects it. It turns the driver's texts into calls of the public API,
 * the one that a page embeds, and sends the results back over `sparewheelPush`.
 *
 * The texts are those of the worker protocol: {id, method, params} in; {type: "reply" | "events" | "progress" | "ready"
 * | "boot_failed", ...} out. All events of one message of the worker are sent in one text.
 */
(() => {
  const ENDS = ["finish", "error", "aborted"];
  const host = /** @type {any} */ (globalThis);

  /** @param {object} message */
  const push = (message) => void host.sparewheelPush(JSON.stringify(message));

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
   */
  const pushMedia = (holders, message) => {
    const media = holders.flatMap((each) => [each, ...(each?.message?.media ?? []), ...(each?.partial_message?.media ?? [])]);
    const blobs = media.filter((each) => each?.blob instanceof Blob);
    if (blobs.length === 0 && reading === 0) {
      push(message);
      return;
    }
    reading += 1;
    sent = sent
      .then(() => Promise.all(blobs.map(toData)))
      .then(() => push(message))
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

  /**
   * Of many turns, only what is needed for their outcomes.
   * @param {string} session
   */
  const outcomeListener = (session) => {
    const push = listener(session);
    return (/** @type {any} */ event) => (event.type === "usage" || ENDS.includes(event.type) ? push(event) : undefined);
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
      const stop = new AbortController();
      chats.set(session, stop);
      try {
        return await runtime.chat({ interactive: false, ...options, signal: stop.signal }, outcomeListener(session));
      } finally {
        chats.delete(session);
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
    try {
      const call = methods[method];
      if (!call) throw new Error(`the page has no method "${method}"`);
      const result = await call(params);
      flush();
      pushMedia([result], { type: "reply", id, result: result ?? null });
    } catch (error) {
      flush();
      pushMedia([], { type: "reply", id, error: facts(error) });
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
    dispatch: (text) => void answer(JSON.parse(text)),
  };
})();
