// Inputs within the limits, and beyond them, for every way into the runtime: each must leave the worker responsive.
// `t.turn(options, prompt, listener)` makes a session, takes a turn and closes it; `t.file(more)` is an agent file
// whose model calls the tool that a prompt "Call NAME ARGUMENTS" names, and then answers.

({
  async "env: one secret of 16,000 characters"(t) {
    return t.turn({ yaml: t.file(), env: { ...t.env, OTHER_KEY: t.key(16_000) } });
  },
  async "env: three plain values of 16,000 characters"(t) {
    const TEXT = "lorem ipsum ".repeat(1_333);
    return t.turn({ yaml: t.file(), env: { ...t.env, A: TEXT, B: TEXT, TEXT } });
  },
  async "env: one value of 5 MB"(t) {
    return t.turn({ yaml: t.file(), env: { ...t.env, OTHER_KEY: t.key(5_000_000) } });
  },
  async "env: a secret and a long plain value of many escapes"(t) {
    return t.turn({ yaml: t.file(), env: { ...t.env, TEXT: "sk-%41".repeat(2_300) } });
  },
  async "env: 1,000 secrets"(t) {
    return t.turn({ yaml: t.file(), env: { ...t.env, ...t.keys(1_000, 40) } });
  },
  async "env: 199 secrets of 300 characters"(t) {
    return t.turn({ yaml: t.file(), env: { ...t.env, ...t.keys(199, 300) } });
  },
  async "env: 10,000 values"(t) {
    return t.turn({ yaml: t.file(), env: { ...t.env, ...t.keys(10_000, 40) } });
  },
  async "env: 100 sessions of 20 secrets each"(t) {
    const open = [];
    for (let n = 0; n < 100; n++) open.push(await t.runtime.createSession({ yaml: t.file(), env: { ...t.env, ...t.keys(20, 40, n) } }));
    await open[0].send("Hello");
    for (const session of open) await session.close();
  },
  async "python: a file of 5 MB"(t) {
    return t.turn({ yaml: t.file(), env: t.env, python: "def f(a: int) -> int:\n    'x'\n    return a\n" + "# x\n".repeat(1_250_000) });
  },
  async "python: 1,000 functions"(t) {
    return t.turn({ yaml: t.file(), env: t.env, python: t.functions(1_000) });
  },
  async "python: 200 functions"(t) {
    return t.turn({ yaml: t.file(), env: t.env, python: t.functions(200) });
  },
  async "python: expressions of 60,000 characters"(t) {
    return t.turn({ yaml: t.file(), env: t.env, python: "def f() -> int:\n    'x'\n    return " + "1+".repeat(30_000) + "1\n" });
  },
  async "python: statements of 60,000 characters"(t) {
    return t.turn({ yaml: t.file(), env: t.env, python: "def f() -> int:\n    'x'\n" + "    a=b.c(1)\n".repeat(5_000) + "    return 1\n" });
  },
  async "hook: additional_context of 5 MB"(t) {
    return t.turn({ yaml: t.think(), env: t.env, hooks: { pre_tool_use: () => ({ additional_context: t.text(5_000_000) }) } }, t.call);
  },
  async "hook: updated_tool_response of 5 MB"(t) {
    return t.turn({ yaml: t.think(), env: t.env, hooks: { post_tool_use: () => ({ updated_tool_response: t.text(5_000_000) }) } }, t.call);
  },
  async "hook: updated_input of 1 MB"(t) {
    return t.turn({ yaml: t.think(), env: t.env, hooks: { pre_tool_use: () => ({ updated_input: { thought: t.text(1_000_000) } }) } }, t.call);
  },
  async "hook: updated_input of 40,000 values"(t) {
    const tools = { look: t.tool(() => "x") };
    return t.turn({ yaml: t.file(), env: t.env, tools, hooks: { pre_tool_use: () => ({ updated_input: { a: Array(40_000).fill(1) } }) } }, "Call look {}");
  },
  async "hook: a text of 5 MB"(t) {
    return t.turn({ yaml: t.think(), env: t.env, hooks: { pre_tool_use: () => t.text(5_000_000) } }, t.call);
  },
  async "hook: 200,000 values"(t) {
    return t.turn({ yaml: t.think(), env: t.env, hooks: { pre_tool_use: () => ({ additional_context: Array(200_000).fill([]) }) } }, t.call);
  },
  async "hook: reason of 5 MB"(t) {
    return t.turn({ yaml: t.think(), env: t.env, hooks: { pre_tool_use: () => ({ decision: "deny", reason: t.text(5_000_000) }) } }, t.call);
  },
  async "hook: throws a text of 5 MB"(t) {
    return t.turn({ yaml: t.think(), env: t.env, hooks: { pre_tool_use: () => { throw new Error(t.text(5_000_000)); } } }, t.call);
  },
  async "hook: gets a result of 5 MB"(t) {
    const hooks = { post_tool_use: () => ({}), tool_response_transform: () => ({}), turn_end: () => ({}) };
    return t.turn({ yaml: t.file(), env: t.env, hooks, tools: { look: t.tool(() => t.text(5_000_000)) } }, "Call look {}");
  },
  async "tool: a text of 2 MB"(t) {
    return t.turn({ yaml: t.file(), env: t.env, tools: { look: t.tool(() => t.text(2_000_000)) } }, "Call look {}");
  },
  async "hook: additional_context of 2 MB"(t) {
    return t.turn({ yaml: t.think(), env: t.env, hooks: { pre_tool_use: () => ({ additional_context: t.text(2_000_000) }) } }, t.call);
  },
  async "hook: updated_tool_response of 2 MB"(t) {
    return t.turn({ yaml: t.think(), env: t.env, hooks: { post_tool_use: () => ({ updated_tool_response: t.text(2_000_000) }) } }, t.call);
  },
  async "tool: a text of 5 MB"(t) {
    return t.turn({ yaml: t.file(), env: t.env, tools: { look: t.tool(() => t.text(5_000_000)) } }, "Call look {}");
  },
  async "tool: a text of 5 MB that looks like parts of a secret"(t) {
    return t.turn({ yaml: t.file(), env: t.env, tools: { look: t.tool(() => "sk-%41".repeat(900_000)) } }, "Call look {}");
  },
  async "tool: a text of 150 kB that looks like parts of a secret"(t) {
    return t.turn({ yaml: t.file(), env: t.env, tools: { look: t.tool(() => "sk-\\u0041".repeat(15_000)) } }, "Call look {}");
  },
  async "tool: a text of 5 MB of escapes"(t) {
    return t.turn({ yaml: t.file(), env: t.env, tools: { look: t.tool(() => '\\"'.repeat(2_500_000)) } }, "Call look {}");
  },
  async "tool: 240,000 values"(t) {
    return t.turn({ yaml: t.file(), env: t.env, tools: { look: t.tool(() => Array(240_000).fill(1)) } }, "Call look {}");
  },
  async "tool: an object of 5 MB"(t) {
    return t.turn({ yaml: t.file(), env: t.env, tools: { look: t.tool(() => Array(1_000).fill({ a: t.text(5_000) })) } }, "Call look {}");
  },
  async "tool: throws a text of 5 MB"(t) {
    return t.turn({ yaml: t.file(), env: t.env, tools: { look: t.tool(() => { throw new Error(t.text(5_000_000)); }) } }, "Call look {}");
  },
  async "tool: halves of characters"(t) {
    return t.turn({ yaml: t.file(), env: t.env, tools: { look: t.tool(() => "\ud83d".repeat(300_000)) } }, "Call look {}");
  },
  async "tool: arguments of 1 MB"(t) {
    return t.turn({ yaml: t.file(), env: t.env, tools: { look: t.tool(() => "x") } }, `Call look {"a": "${t.text(1_000_000)}"}`);
  },
  async "tool: arguments of 40,000 values"(t) {
    return t.turn({ yaml: t.file(), env: t.env, tools: { look: t.tool(() => "x") } }, `Call look ${JSON.stringify({ a: Array(40_000).fill(1) })}`);
  },
  async "tool: arguments in 40,000 values with a schema of 10 alternatives"(t) {
    const parameters = { type: "object", properties: { a: { type: "array", items: { anyOf: Array.from({ length: 10 }, (_, n) => ({ const: n })) } } } };
    return t.turn({ yaml: t.file(), env: t.env, tools: { look: t.tool(() => "x", parameters) } }, `Call look ${JSON.stringify({ a: Array(40_000).fill(11) })}`);
  },
  async "tool: a schema whose references multiply with the depth of a value"(t) {
    const again = { $ref: "#/$defs/n" };
    const $defs = { n: { anyOf: Array(9).fill({ type: "object", properties: { a: again }, required: ["a"] }) } };
    const parameters = { type: "object", properties: { a: again }, $defs };
    let value = 1;
    for (let n = 0; n < 12; n++) value = { a: value };
    return t.turn({ yaml: t.file(), env: t.env, tools: { look: t.tool(() => "x", parameters) } }, `Call look ${JSON.stringify({ a: value })}`);
  },
  async "tools: 1,000 with schemas"(t) {
    const tools = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`look${n}`, t.tool(() => "x", t.schema(8))]));
    return t.turn({ yaml: t.file(), env: t.env, tools }, "Call look0 {}");
  },
  async "tools: 1,000 with schemas, refused"(t) {
    const tools = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`look${n}`, { ...t.tool(() => "x", t.schema(8)), readOnly: 7 }]));
    return t.turn({ yaml: t.file(), env: t.env, tools });
  },
  async "tools: one with a schema of 1,000 properties"(t) {
    return t.turn({ yaml: t.file(), env: t.env, tools: { look: t.tool(() => "x", t.schema(1_000)) } }, "Call look {}");
  },
  async "tools: one with a schema of 9,000 properties"(t) {
    return t.turn({ yaml: t.file(), env: t.env, tools: { look: t.tool(() => "x", t.schema(9_000)) } }, "Call look {}");
  },
  async "tools: one with a description of 5 MB"(t) {
    return t.turn({ yaml: t.file(), env: t.env, tools: { look: { ...t.tool(() => "x"), description: t.text(5_000_000) } } });
  },
  async "tools: one with an enum of 100,000 values"(t) {
    const parameters = { type: "object", properties: { a: { enum: Array.from({ length: 100_000 }, (_, n) => n) } } };
    return t.turn({ yaml: t.file(), env: t.env, tools: { look: t.tool(() => "x", parameters) } }, 'Call look {"a": 1}');
  },
  async "tools: schema with patterns of classes"(t) {
    const properties = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`p${n}`, { type: "string", pattern: `^\\w{${100 + n}}$` }]));
    return t.turn({ yaml: t.file(), env: t.env, tools: { look: t.tool(() => "x", { type: "object", properties }) } }, 'Call look {"p0": "x"}');
  },
  async "tools: schema with a pattern of 400 word characters"(t) {
    const parameters = { type: "object", properties: { a: { type: "string", pattern: "\\w{400}" } } };
    return t.turn({ yaml: t.file(), env: t.env, tools: { look: t.tool(() => "x", parameters) } }, 'Call look {"a": "x"}');
  },
  async "tools: schema with patternProperties"(t) {
    const patternProperties = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`\\p{L}{${50 + n}}`, {}]));
    return t.turn({ yaml: t.file(), env: t.env, tools: { look: t.tool(() => "x", { type: "object", patternProperties }) } }, 'Call look {"a": "x"}');
  },
  async "tools: a pattern that no automaton of few states matches, on 1 MB"(t) {
    const parameters = { type: "object", properties: { a: { type: "string", pattern: "[ab]*a[ab]{30}c" } } };
    return t.turn({ yaml: t.file(), env: t.env, tools: { look: t.tool(() => "x", parameters) } }, `Call look {"a": "${t.ab(1_000_000)}"}`);
  },
  async "file: 800 guardrails"(t) {
    return t.turn({ yaml: t.guardrails(800, (n) => `\\w{${100 + (n % 100)}}${n}`), env: t.env });
  },
  async "file: 800 simple guardrails"(t) {
    return t.turn({ yaml: t.guardrails(800, (n) => `secret word ${n}`), env: t.env });
  },
  async "file: one guardrail of 400 word characters"(t) {
    return t.turn({ yaml: t.guardrails(1, () => "\\w{400}"), env: t.env });
  },
  async "file: one guardrail of many classes"(t) {
    return t.turn({ yaml: t.guardrails(1, () => "[\\w\\p{L}]".repeat(150)), env: t.env });
  },
  async "file: 20 guardrails with classes"(t) {
    return t.turn({ yaml: t.guardrails(20, (n) => `\\b\\w+@\\w+\\.\\w{2,${5 + n}}\\b`), env: t.env });
  },
  async "file: 800 guardrails on a prompt of 50,000 characters"(t) {
    return t.turn({ yaml: t.guardrails(800, (n) => `[ab]*a[ab]{20}c${n}`), env: t.env }, t.ab(50_000));
  },
  async "file: one guardrail that no automaton of few states matches, on 1 MB"(t) {
    return t.turn({ yaml: t.guardrails(1, () => "[ab]*a[ab]{30}c"), env: t.env }, t.ab(1_000_000));
  },
  async "file: 800 hooks with matchers"(t) {
    const entries = Array.from({ length: 800 }, (_, n) => `{matcher: '\\w{${100 + (n % 100)}}${n}', hooks: [{type: builtin, command: redact_secrets}]}`);
    return t.turn({ yaml: t.file(`hooks: {pre_tool_use: [${entries}]}`), env: t.env });
  },
  async "hooks of the page: 1,000 with matchers"(t) {
    const entries = Array.from({ length: 1_000 }, (_, n) => ({ matcher: `\\w{${100 + (n % 100)}}${n}`, hook: () => ({}) }));
    return t.turn({ yaml: t.think(), env: t.env, hooks: { pre_tool_use: entries } }, t.call);
  },
  async "file: permissions with 2,000 rules of many stars"(t) {
    const rules = Array.from({ length: 2_000 }, (_, n) => `'${"*a".repeat(12)}${n}'`);
    return t.turn({ yaml: t.think() + `permissions: {deny: [${rules}]}\n`, env: t.env }, t.call);
  },
  async "file: structured output of 1,500 properties"(t) {
    const properties = Array.from({ length: 1_500 }, (_, n) => `p${n}: {type: string}`);
    return t.turn({ yaml: t.file(`structured_output: {name: x, schema: {type: object, properties: {${properties}}}}`), env: t.env });
  },
  async "file: 4,900 values"(t) {
    return t.runtime.parseConfig("agents: {root: {model: demo/hello}}\nmodels:\n" + Array.from({ length: 1_200 }, (_, n) => `  m${n}: {provider: demo, model: hello}`).join("\n"));
  },
  async "file: 500 agents"(t) {
    const agents = Array.from({ length: 500 }, (_, n) => `  a${n}: {model: demo/hello, instruction: "Hi ${n}"}`);
    return t.turn({ yaml: `agents:\n${agents.join("\n")}\n` });
  },
  async "file: an instruction of 60,000 characters"(t) {
    return t.turn({ yaml: t.file(`instruction: "${"${env.A} ".repeat(7_500)}"`), env: { ...t.env, A: "x" } });
  },
  async "file: 60,000 characters of ${"(t) {
    return t.turn({ yaml: t.file(`instruction: "${"${".repeat(30_000)}"`), env: t.env });
  },
  async "file: commands and skills"(t) {
    const commands = Array.from({ length: 2_000 }, (_, n) => `c${n}: "x"`);
    return t.turn({ yaml: t.file(`commands: {${commands}}`), env: t.env });
  },
  async "file: 5 MB"(t) {
    return t.runtime.parseConfig("agents: {root: {model: demo/hello}}\n" + "# x\n".repeat(1_250_000));
  },
  async "file: 1 MB of text"(t) {
    const texts = Array.from({ length: 15 }, (_, n) => `c${n}: "${"x ".repeat(32_000)}"`);
    return t.turn({ yaml: t.file(`commands: {${texts}}`), env: t.env });
  },
  async "documents: 8 MB"(t) {
    return t.turn({ yaml: t.file(), env: t.env, documents: { a: t.text(8_000_000) } });
  },
  async "documents: an instruction of 5 MB"(t) {
    return t.turn({ yaml: t.file("instruction_file: a"), env: t.env, documents: { a: t.text(5_000_000) } });
  },
  async "documents: 1,000 of 8 kB"(t) {
    return t.turn({ yaml: t.file(), env: t.env, documents: Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`d${n}`, t.text(8_000)])) });
  },
  async "history: one message of 5 MB"(t) {
    return t.turn({ yaml: t.file(), env: t.env, history: [{ role: "user", content: t.text(5_000_000) }, { role: "assistant", content: "x" }] });
  },
  async "history: 10,000 messages"(t) {
    return t.turn({ yaml: t.file(), env: t.env, history: t.history(10_000, "Hello") });
  },
  async "history: 2,000 calls"(t) {
    const calls = Array.from({ length: 2_000 }, (_, n) => [
      { role: "assistant", content: "", tool_calls: [{ id: `c${n}`, type: "function", function: { name: "look", arguments: "{}" } }] },
      { role: "tool", tool_call_id: `c${n}`, content: "x" },
    ]).flat();
    return t.turn({ yaml: t.file(), env: t.env, history: [{ role: "user", content: "Hello" }, ...calls] });
  },
  async "history: 2,000 calls in one message"(t) {
    const calls = Array.from({ length: 2_000 }, (_, n) => ({ id: `c${n}`, type: "function", function: { name: "look", arguments: "{}" } }));
    return t.turn({ yaml: t.file(), env: t.env, history: [{ role: "user", content: "Hello" }, { role: "assistant", content: "", tool_calls: calls }] });
  },
  async "history: a picture of 10 MB"(t) {
    const data = `data:image/png;base64,${"A".repeat(10_000_000)}`;
    return t.turn({ yaml: t.file(), env: t.env, history: [{ role: "user", content: [{ type: "image_url", image_url: { url: data } }] }, { role: "assistant", content: "x" }] });
  },
  async "chat: 10,000 messages"(t) {
    return t.runtime.chat({ yaml: t.file(), env: t.env, messages: [...t.history(10_000, "Hello"), { role: "user", content: "Hello" }] });
  },
  async "chat: one message of 5 MB"(t) {
    return t.runtime.chat({ yaml: t.file(), env: t.env, messages: [{ role: "user", content: t.text(5_000_000) }] });
  },
  async "send: a prompt of 5 MB"(t) {
    return t.turn({ yaml: t.file(), env: t.env }, t.text(5_000_000));
  },
  async "send: a prompt of 1 MB of other letters"(t) {
    return t.turn({ yaml: t.file(), env: t.env }, "日本語テキスト".repeat(140_000));
  },
  async "export and restart: 10,000 messages"(t) {
    const session = await t.runtime.createSession({ yaml: t.file(), env: t.env, history: t.history(10_000, "Hello") });
    await session.export();
    await session.restart();
    await session.close();
  },
  async "export: 10 MB"(t) {
    const session = await t.runtime.createSession({ yaml: t.file(), env: t.env, history: t.history(10, t.text(1_000_000)) });
    await session.export();
    await session.close();
  },
  async "respond: content of 5 MB"(t) {
    return t.asked({ answer: t.text(5_000_000) });
  },
  async "respond: content of 200,000 values"(t) {
    return t.asked({ answer: Array(200_000).fill(1) });
  },
  async "confirm: a reason of 5 MB"(t) {
    return t.confirmed(t.text(5_000_000));
  },
  async "options: agentName, packageIndex of 5 MB"(t) {
    await t.turn({ yaml: t.file(), env: t.env, agentName: t.text(5_000_000) });
    return t.turn({ yaml: t.file(), env: t.env, packageIndex: t.text(5_000_000) });
  },
  async "options: allowHosts of 5 MB"(t) {
    return t.turn({ yaml: t.file(), env: t.env, allowHosts: Array(100).fill(t.text(50_000)) });
  },
  async "options: an unknown one of 5 MB"(t) {
    return t.turn({ yaml: t.file(), env: t.env, [t.text(100_000)]: t.text(5_000_000) });
  },
  async "options: 200,000 values of the wrong type"(t) {
    return t.turn({ yaml: t.file(), env: { A: Array(200_000).fill(1) } });
  },
  async "page model: an answer of 4 MB"(t) {
    return t.turn({ yaml: "agents: {root: {model: page/long}}" });
  },
});
