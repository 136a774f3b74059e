// `sparewheel/webmcp` with a stand-in that behaves as Chromium 156's `document.modelContext` was seen to.
// `tests/e2e/test_adapters.py` uses the browser's own.

import assert from "node:assert/strict";
import test from "node:test";
import { modelContext, offerSession, pageTools } from "../../web/adapters/webmcp.js";

const ORIGIN = "https://page.example";

/** `text`: a draft whose schemas and inputs are JSON text. */
class ModelContext {
  tools = [];
  constructor({ text = false } = {}) {
    this.text = text;
  }

  async registerTool(tool, { signal } = {}) {
    if (this.tools.some(({ name }) => name === tool.name)) throw new DOMException("Duplicate tool name", "InvalidStateError");
    this.tools.push(tool);
    signal?.addEventListener("abort", () => (this.tools = this.tools.filter((each) => each !== tool)));
  }

  async getTools() {
    return this.tools.map(({ execute: _, ...tool }) => ({ origin: ORIGIN, ...tool, inputSchema: this.text ? (JSON.stringify(tool.inputSchema) ?? "") : tool.inputSchema }));
  }

  async executeTool({ name }, input, { signal } = {}) {
    if (typeof input !== (this.text ? "string" : "object")) throw new TypeError("invalid input");
    const tool = this.tools.find((each) => each.name === name);
    if (!tool) throw new DOMException("no such tool", "NotFoundError");
    const gone = new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
    const result = await Promise.race([tool.execute(this.text ? JSON.parse(input) : input, { signal }), gone]).catch((error) => {
      throw signal?.aborted ? error : new DOMException("Tool was executed but the invocation failed.", "UnknownError");
    });
    return typeof result === "string" ? result : String(JSON.stringify(result));
  }
}

const SCHEMA = { type: "object", properties: { q: { type: "string" } } };
const LOOK = { name: "look", description: "Looks.", inputSchema: SCHEMA, annotations: { readOnlyHint: true } };
const call = (tool, input = {}) => tool.execute(input, { signal: new AbortController().signal, callId: "c", idempotencyKey: "k" });

for (const text of [false, true]) {
  test(`a session uses the page's tools (${text ? "text" : "objects"})`, async () => {
    const context = new ModelContext({ text });
    await context.registerTool({ ...LOOK, execute: async ({ q }) => ({ content: [{ type: "text", text: `saw ${q}` }] }) });
    await context.registerTool({ name: "plain", description: "", execute: async () => "plain" });
    await context.registerTool({ name: "none", description: "", execute: async () => undefined });
    await context.registerTool({ name: "value", description: "", execute: async () => ({ a: 1 }) });
    await context.registerTool({ name: "bad", description: "", execute: async () => ({ isError: true, content: [{ type: "text", text: "no" }] }) });
    const tools = await pageTools({ context, origins: [ORIGIN] });
    assert.deepEqual(tools.look.parameters, SCHEMA);
    assert.equal(tools.look.description, "Looks.");
    assert.equal(tools.look.readOnly, false); // the page's word is not enough
    assert.equal(await call(tools.look, { q: "x" }), "saw x");
    assert.deepEqual([await call(tools.plain), await call(tools.none), await call(tools.value)], ["plain", null, '{"a":1}']);
    await assert.rejects(call(tools.bad), /^Error: no$/);
    assert.equal((await pageTools({ context, origins: [ORIGIN], readOnlyHints: true })).look.readOnly, true);
  });
}

test("a call is aborted with its turn", async () => {
  const context = new ModelContext();
  await context.registerTool({ ...LOOK, execute: () => new Promise(() => {}) });
  const { look } = await pageTools({ context, origins: [ORIGIN] });
  const stop = new AbortController();
  const calling = look.execute({}, { signal: stop.signal });
  stop.abort(new Error("stopped"));
  await assert.rejects(calling, /stopped/);
});

test("tools of other origins, and names that are the same to a session, are left out", async () => {
  const context = new ModelContext();
  for (const name of ["a.b", "a_b", "x".repeat(80)]) await context.registerTool({ ...LOOK, name, execute: async () => name });
  await context.registerTool({ ...LOOK, name: "theirs", origin: "https://frame.example", execute: async () => "" });
  const tools = await pageTools({ context, origins: [ORIGIN] });
  assert.deepEqual(Object.keys(tools), ["a_b", "x".repeat(64)]);
  assert.equal(await call(tools.a_b), "a.b");
});

const session = (sent) => ({ send: async (prompt, options) => (sent.push([prompt, options]), { message: { content: `said ${prompt}` } }) });

test("a session is a tool of the page, asked for only if the user allows it", async () => {
  const context = new ModelContext();
  const sent = [];
  const asked = [];
  const offer = { name: "agent", description: "Asks.", context, allow: async (prompt) => (asked.push(prompt), prompt === "yes") };
  const { unregister } = await offerSession(session(sent), offer);
  const [tool] = await context.getTools();
  assert.equal(await context.executeTool(tool, { prompt: "yes" }, { signal: new AbortController().signal }), "said yes");
  await assert.rejects(context.executeTool(tool, { prompt: "no" }));
  await assert.rejects(context.executeTool(tool, { prompt: 1 }));
  assert.deepEqual(asked, ["yes", "no"]);
  assert.deepEqual(sent.map(([prompt, { signal }]) => [prompt, signal instanceof AbortSignal]), [["yes", true]]);
  assert.deepEqual(await pageTools({ context, origins: [ORIGIN] }), {}); // a session does not call itself
  await assert.rejects(offerSession(session([]), offer), /Duplicate/);
  unregister();
  unregister();
  assert.deepEqual(context.tools, []);
});

test("without WebMCP nothing happens, and without a question nothing is offered", async () => {
  assert.equal(modelContext(), null);
  assert.deepEqual(await pageTools(), {});
  assert.equal(await offerSession(session([]), { name: "agent", description: "", allow: () => true }), null);
  await assert.rejects(offerSession(session([]), { name: "agent", description: "", context: new ModelContext() }), /allow/);
});
