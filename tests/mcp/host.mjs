// @ts-check
/**
 * Answers for the clients of a conformance suite: `node host.mjs DIST`. Prints the port on which it listens.
 *
 * One built runtime under Node has a session for each scenario. Its model is here: it calls the tools that the session
 * offers it, one after the other, with the arguments that the scenario names or that fit their schemas.
 */
import { createServer } from "node:http";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const { createRuntime } = await import(pathToFileURL(resolve(process.argv[2] ?? "dist", "node/index.js")).href);
const runtime = await createRuntime();

/** The last scenario, for which the next one waits: some measure times. @type {Promise<string[]>} */
let last = Promise.resolve([]);

const server = createServer(async (request, response) => {
  const body = JSON.parse((await new Response(/** @type {any} */ (request)).text()) || "{}");
  if (request.url === "/scenario") {
    last = last.then(() => scenario(body)).catch((error) => [String(error)]);
    const result = await last;
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify(result));
  } else {
    answer(body, response);
  }
});
server.listen(0, "127.0.0.1", () => console.log(/** @type {any} */ (server.address()).port));
process.stdin.on("end", () => process.exit()).resume();

/** The client-ID document of the suites, which a server that takes such documents has to be sent. */
const DOCUMENT = "https://conformance-test.local/client-metadata.json";

/** What scenarios call, by the name of their model. @type {Map<string, {name: string, arguments: unknown}[] | undefined>} */
const wanted = new Map();

/**
 * Runs one turn against the server of a scenario.
 * @param {{name: string, url: string, context: any}} what
 */
async function scenario({ name, url, context }) {
  const model = `m${wanted.size}`;
  wanted.set(model, context.toolCalls);
  const port = /** @type {any} */ (server.address()).port;
  const { client_id = DOCUMENT, client_secret = "" } = context;
  const remote = { url, oauth: { clientId: client_id, clientSecret: client_secret } };
  const yaml = JSON.stringify({
    agents: {
      root: { model: `here/${model}`, max_iterations: 40, toolsets: [{ type: "mcp", remote, allow_private_ips: true }] },
    },
    providers: { here: { base_url: `http://127.0.0.1:${port}/v1` } },
  });
  /** @type {string[]} */
  const problems = [];
  const session = await runtime.createSession(
    { yaml, autoApprove: true, allowHosts: ["localhost"], oauthRedirectURI: `http://127.0.0.1:${port}/callback` },
    async (/** @type {any} */ event) => {
      if (event.type === "warning") problems.push(event.message);
      if (event.type === "tool_result" && event.is_error) problems.push(`${event.name}: ${event.output}`);
      if (event.type !== "elicitation") return;
      const content = event.mode === "url" ? await visit(event.url) : {};
      await session.respondToElicitation({ id: event.id, action: true, content });
    },
  );
  try {
    const { finish_reason } = await session.send(`Do what ${name} wants.`);
    if (finish_reason !== "stop") problems.push(`The turn ended with ${finish_reason}.`);
  } catch (error) {
    problems.push(String(error));
  } finally {
    await session.close();
  }
  return problems;
}

/** The parameters with which a sign-in comes back. @param {string} url */
async function visit(url) {
  const response = await fetch(url, { redirect: "manual" });
  await response.body?.cancel();
  return Object.fromEntries(new URL(response.headers.get("location") ?? "", url).searchParams);
}

/** The next call of a model. @param {any} asked @param {import("node:http").ServerResponse} response */
function answer({ model, messages, tools = [] }, response) {
  const done = messages.filter((/** @type {any} */ each) => each.role === "tool").length;
  const offered = tools.map((/** @type {any} */ each) => ({
    name: each.function.name,
    arguments: example(each.function.parameters),
  }));
  const next = (wanted.get(model) ?? offered)[done];
  const call = next && { id: `c${done}`, function: { name: next.name, arguments: JSON.stringify(next.arguments) } };
  const delta = call ? { tool_calls: [{ index: 0, type: "function", ...call }] } : { content: "Done." };
  response.setHeader("Content-Type", "text/event-stream");
  for (const choice of [{ delta }, { delta: {}, finish_reason: call ? "tool_calls" : "stop" }]) {
    response.write(`data: ${JSON.stringify({ model, choices: [{ index: 0, ...choice }] })}\n\n`);
  }
  response.end("data: [DONE]\n\n");
}

/** A value that fits a schema. @param {any} schema @returns {unknown} */
function example(schema) {
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case "object": {
      const fields = (schema.required ?? []).map((/** @type {string} */ name) => [name, example(schema.properties[name])]);
      return Object.fromEntries(fields);
    }
    case "array":
      return [];
    case "boolean":
      return true;
    case "integer":
    case "number":
      return 5;
    default:
      return "some text";
  }
}
