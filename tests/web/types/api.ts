// What must not compile. `tsc -p web/tsconfig.json` fails for each line that does, and for what should compile and does not.

import { Client } from "../../../web/client/client.js";
import { HostCalls } from "../../../web/client/host-calls.js";
import { createRuntime, type Event, type Message, type Result } from "../../../web/sparewheel.js";

const yaml = "agents: {}";
const messages: Message[] = [{ role: "user", content: "hi" }];

export async function options(): Promise<Result> {
  const runtime = await createRuntime({ snapshot: false, onProgress: ({ stage }) => stage === "packages" });
  // @ts-expect-error: misspelt
  await createRuntime({ snapshots: false });
  // @ts-expect-error: not a function
  await createRuntime({ onProgress: "log" });
  const execute = ({ city }: { city: string }, { signal }: { signal: AbortSignal }) => fetch(city, { signal });
  const session = await runtime.createSession(
    {
      yaml,
      agentName: "a",
      env: { KEY: "k" },
      history: messages,
      tools: { look: { description: "Looks.", readOnly: true, timeout: 5, execute } },
      hooks: { turn_start: () => {}, pre_tool_use: [{ matcher: "x", hook: () => ({ decision: "deny" }) }] },
      documents: { "a.py": "", "b.pdf": new Uint8Array(3) },
      python: { file: "a.py" },
      autoApprove: true,
      approvalTimeout: 60,
      interactive: false,
    },
    (event: Event) => event.type === "delta" && event.content,
  );
  // @ts-expect-error: misspelt
  await runtime.createSession({ yaml, autoaprove: true });
  // @ts-expect-error: without yaml
  await runtime.createSession({});
  // @ts-expect-error: for chat
  await runtime.createSession({ yaml, messages });
  // @ts-expect-error: the runtime names sessions itself
  await runtime.createSession({ yaml, session: "s" });
  // @ts-expect-error: misspelt within a tool
  await runtime.createSession({ yaml, tools: { look: { description: "", readonly: true, execute } } });
  // @ts-expect-error: a tool without a function
  await runtime.createSession({ yaml, tools: { look: { description: "" } } });
  // @ts-expect-error: without yaml
  await runtime.chat({ messages: [] });
  // @ts-expect-error: without messages
  await runtime.chat({ yaml });
  // @ts-expect-error: for createSession
  await runtime.chat({ yaml, messages, history: messages });
  await session.confirm("approve_tool", "why");
  await session.confirm({ id: "c", decision: true });
  // @ts-expect-error: docker-agent's name, which only web/compat takes
  await session.confirm("approve_autonomous");
  // @ts-expect-error: misspelt
  await session.confirm("aprove");
  // @ts-expect-error: misspelt
  await session.send("hi", { signl: AbortSignal.abort() });
  return runtime.chat({ yaml, messages, signal: AbortSignal.abort() });
}

export async function protocol(client: Client, calls: HostCalls): Promise<void> {
  const { models } = await client.request("create_session", { session: "s", yaml });
  // @ts-expect-error: misspelt command
  await client.request("creat_session", { session: "s", yaml });
  // @ts-expect-error: misspelt parameter
  await client.request("send", { session: "s", promt: "hi" });
  // @ts-expect-error: a parameter is missing
  await client.request("close", {});
  // @ts-expect-error: no parameters
  client.tell("online", { session: "s" });
  // @ts-expect-error: unknown reason
  client.tell("abort", { session: "s", reason: "bored" });
  // @ts-expect-error: not in the result
  models.primary;
  client.on("health", ({ entry }) => entry.seconds);
  // @ts-expect-error: misspelt message
  client.on("helth", () => {});
  // @ts-expect-error: not in the message
  client.on("call_cancel", ({ linger, lingers }) => [linger, lingers]);
  client.post({ type: "piece", call: 1, done: true });
  // @ts-expect-error: misspelt message
  client.post({ type: "pice", call: 1 });
  calls.serve("fetch", async ({ input: { url, headers } }) => [url, headers]);
  // @ts-expect-error: misspelt kind
  calls.serve("fetsh", async () => {});
  // @ts-expect-error: not in the request
  calls.serve("model", async ({ input: { prompt } }) => prompt);
}
