// Logs of turns as the runtime makes them, from a seed: answers in several attempts and steps, tools, approvals, sub-agents,
// and every kind of end.

/** mulberry32: the same numbers for the same seed everywhere. */
export function randomNumbers(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const REASON = { kind: "overloaded", code: "server_error", reason: "busy" };
const NO_USAGE = { input_tokens: null, output_tokens: null, cached_tokens: null, written_tokens: null, reasoning_tokens: null };
const WORDS = ["Hello ", "wor", "ld. ", "\u00e9\u{1f6de} ", "<b>", "\n\n", "a".repeat(40)];

export function randomLog(seed, { turn = `turn-${seed}` } = {}) {
  const random = randomNumbers(seed);
  const chance = (share) => random() < share;
  const pick = (items) => items[Math.floor(random() * items.length)];
  const events = [];
  let attempt = 0;
  let ids = 0;
  let partial = "";
  let tasks = []; // the calls in which what follows happens
  const put = (type, more = {}) => {
    const task = tasks.at(-1);
    events.push({ type, turn, seq: events.length + 1, agent: "root", ...(task && { task }), ...more });
  };

  /** One request: text, reasoning, media, annotations and calls. Returns the calls. */
  function stream(broken) {
    attempt += 1;
    let chars = 0;
    const calls = [];
    const blocks = Math.floor(random() * 4);
    for (let index = 0; index < blocks; index++) {
      const kind = pick(["text", "text", "reasoning", "tool_call", "media", "annotation"]);
      if (kind === "media") put("media", { attempt, index, mime_type: "image/png", size: 3, data: "AAAA" });
      else if (kind === "annotation") {
        const cited = pick([{ kind: "citation", url: "https://a.example/", title: "A", span: [0, 1], quote: "q" }, { kind: "source", title: "file.pdf" }, { kind: "search", query: "q" }]);
        put("annotation", { attempt, index, ...cited });
      } else if (kind === "tool_call") {
        const call = { id: chance(0.2) ? "same" : `call-${++ids}`, name: pick(["look", "transfer_task"]), args: pick(["{}", '{"q":[1,"x"]}']) };
        if (calls.some(({ id }) => id === call.id)) continue;
        put("block_start", { attempt, index, kind, id: call.id, name: call.name });
        for (const piece of [call.args.slice(0, 3), call.args.slice(3)]) {
          if (piece && !(broken && chance(0.3))) put("tool_call_delta", { attempt, index, id: call.id, name: call.name, arguments: piece });
        }
        put("block_end", { attempt, index, kind, content: call.args, id: call.id, name: call.name });
        calls.push(call);
      } else {
        let content = "";
        put("block_start", { attempt, index, kind });
        while (chance(0.6)) {
          const piece = pick(WORDS);
          content += piece;
          put("delta", { attempt, index, ...(kind === "text" ? { content: piece } : { reasoning: piece }) });
        }
        put("block_end", { attempt, index, kind, content });
        chars += content.length;
        if (kind === "text") partial += content;
      }
    }
    if (chance(0.5)) put("usage", { attempt, model: "p/a", ...NO_USAGE, input_tokens: 3, context_length: null, context_limit: null, cost: null, discarded: broken });
    return { chars, calls };
  }

  /** One step. Returns its calls, or null if the turn is over. */
  function step() {
    const before = partial;
    for (;;) {
      const broken = chance(0.4);
      const { chars, calls } = stream(broken);
      if (!broken) return calls;
      const continues = chars > 0 && chance(0.3);
      if (!continues && (chars || calls.length)) {
        put("discard", { attempt, chars });
        partial = before;
      }
      if (chance(0.2)) return null;
      if (chance(0.3)) put(pick(["skipped", "offline"]), { model: "p/b", message: "offline", ...REASON, wait_ms: 5 });
      const change = { attempt: attempt + 1, delay_ms: 1, ...REASON, ...(continues && { continues }) };
      if (chance(0.5)) put("retry", { model: "p/a", retrying_at: "2026-01-01T00:00:00Z", ...change });
      else put("fallback", { from: "p/a", to: "p/b", ...change });
    }
  }

  function answer(call) {
    const output = { id: call.id, name: call.name };
    if (call.asked && chance(0.4)) {
      put("tool_blocked", { ...output, reason: "no" });
      put("tool_result", { ...output, output: "no", is_error: true });
      return;
    }
    if (call.name === "transfer_task" && tasks.length < 2 && !tasks.includes(call.id)) {
      tasks.push(call.id);
      const outer = partial;
      run(3 - tasks.length);
      partial = outer;
      tasks.pop();
    } else if (chance(0.3)) put("tool_output", { ...output, output: "half" });
    if (chance(0.2)) put("media", { attempt, index: 0, call_id: call.id, mime_type: "image/png", size: 3, data: "AAAA" });
    put("tool_result", { ...output, output: pick(["found", ""]), is_error: chance(0.2) });
  }

  function run(steps) {
    for (let number = 1; number <= steps; number++) {
      if (number > 1) {
        put("step", { step: number, model: "p/a" });
        partial = "";
      }
      const calls = step();
      if (!calls) return false;
      for (const { id, name, args } of calls) put("tool_call", { id, name, args });
      for (const call of calls) {
        call.asked = chance(0.4);
        const exclusive = call.asked && chance(0.3);
        if (call.asked) put("tool_confirmation", { id: call.id, name: call.name, args: chance(0.2) ? '{"changed":1}' : call.args, ...(exclusive && { exclusive }) });
        if (exclusive || chance(0.3)) Object.assign(call, { over: true }), answer(call);
        if (chance(0.1)) put("elicitation", { id: `ask-${++ids}`, message: "Which?", mode: "form", schema: {} });
      }
      for (const call of calls) if (!call.over) answer(call);
      if (!calls.length) return true;
      if (chance(0.1)) put("handoff", { from: "root", to: "other" });
    }
    return true;
  }

  put("start", { model: "p/a" });
  if (chance(0.2)) put("warning", { message: "careful" });
  const good = run(3);
  const message = { role: "assistant", content: partial };
  const end = good ? pick(["finish", "finish", "aborted", "error"]) : "error";
  if (end === "finish") put("finish", { reason: pick(["stop", "length", "refusal", "budget"]), model: "p/a", message, usage: NO_USAGE });
  else if (end === "aborted") put("aborted", { reason: "user", partial, message, usage: null });
  else {
    if (chance(0.5)) put("exhausted", { models_tried: ["p/a"], final_error: { kind: "overloaded", code: "server_error", message: "busy" } });
    put("error", { message: "all failed", kind: "overloaded", code: "server_error", hint: "Wait.", retryable: true, attempts: [], partial_message: message, usage: null });
  }
  return events;
}
