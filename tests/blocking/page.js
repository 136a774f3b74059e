// What the inlets use: prelude(models file) → t.

async ({ url }) => {
  const models = {
    long: async function* () {
      for (let n = 0; n < 40; n++) yield Array.from({ length: 10_000 }, (_, k) => `${n * k} word`).join(" ");
    },
  };
  globalThis.runtime = await createRuntime({ models, onEvent: (event) => restarts.push(event) });
  globalThis.restarts = [];
  const text = (size) => "The quick brown fox, and more.\n".repeat(Math.ceil(size / 31)).slice(0, size);
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  let seed = 1;
  const random = () => (seed = (seed * 1103515245 + 12345) % 2147483648);
  const key = (size) => Array.from({ length: size }, () => letters[(random() >> 8) % letters.length]).join("");
  const file = (more = "instruction: Hi") => `
agents:
  root:
    model: first
    ${more}
models:
  first: {provider: mine, model: a}
providers:
  mine: {provider: openai, base_url: "${url}/v1", token_key: MINE}
`;
  const t = {
    runtime,
    text,
    key,
    file,
    env: { MINE: "sk-CANARY-0123456789abcdef" },
    call: 'Call think {"thought": "x"}',
    think: () => file("toolsets: [{type: think}]"),
    keys: (count, size, number = 0) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`S${number}_${n}_KEY`, key(size)])),
    ab: (size) => Array.from({ length: size }, () => ((random() >> 8) % 2 ? "a" : "b")).join(""),
    functions: (count) => Array.from({ length: count }, (_, n) => `def f${n}(a: int, b: str = 'x') -> str:\n    '''Does ${n}.'''\n    return b * a\n`).join("\n"),
    schema: (count) => ({
      type: "object",
      properties: Object.fromEntries(Array.from({ length: count }, (_, n) => [`p${n}`, { type: ["string", "null"], description: `The ${n}`, maxLength: 100 }])),
    }),
    tool: (execute, parameters) => ({ description: "x", readOnly: true, parameters, execute }),
    guardrails: (count, pattern) => file(`guardrails: [${Array.from({ length: count }, (_, n) => `{on: input, pattern: '${pattern(n)}'}`)}]`),
    history: (count, content) => Array.from({ length: count }, (_, n) => ({ role: n % 2 ? "assistant" : "user", content })),
    async turn(options, prompt = "Hello", listener = undefined) {
      const session = await runtime.createSession({ autoApprove: listener === undefined, ...options }, listener?.(() => session));
      try {
        return await session.send(prompt);
      } finally {
        await session.close();
      }
    },
    asked(content) {
      const listener = (session) => (event) => {
        if (event.type === "elicitation") session().respondToElicitation({ id: event.id, action: "accept", content });
      };
      return t.turn({ yaml: file("toolsets: [{type: user_prompt}]"), env: t.env, interactive: true }, 'Call user_prompt {"message": "x"}', listener);
    },
    confirmed(reason) {
      const listener = (session) => (event) => {
        if (event.type === "tool_confirmation") session().confirm("reject", reason);
      };
      const tools = { look: { description: "x", execute: () => "x" } };
      return t.turn({ yaml: file(), env: t.env, tools, interactive: true }, "Call look {}", listener);
    },
  };
  globalThis.t = t;
};
