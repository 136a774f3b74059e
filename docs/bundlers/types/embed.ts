import { createRuntime, fold, isFallback, type Event, SparewheelError } from "sparewheel";
import { toAGUIEvents } from "sparewheel/ag-ui";
import { SparewheelTransport } from "sparewheel/ai-sdk";
import { SparewheelChat } from "sparewheel/chat";
import * as dockerAgent from "sparewheel/compat/docker-agent";
import { pageTools } from "sparewheel/webmcp";

const runtime = await createRuntime({ assetBase: new URL("/sparewheel/", location.href), store: "indexeddb" });
const session = await runtime.createSession({ yaml: "agents: {root: {model: demo/hello}}", env: {} });
const events: Event[] = [];
for await (const event of session.stream("Hello")) {
  events.push(event);
  if (event.type === "delta") console.log(event.content ?? event.reasoning);
  if (isFallback(event)) console.log(event.from, event.to, event.kind);
}
try {
  const { message, usage } = await session.send([{ type: "text", text: "Again" }], { signal: AbortSignal.timeout(1000) });
  console.log(message.content, usage?.input_tokens, fold(events).message.content);
} catch (error) {
  if (error instanceof SparewheelError) console.log(error.kind, error.hint, error.attempts.length);
}
console.log(runtime.boot.mode, runtime.boot.reason);
console.log(toAGUIEvents(events, { threadId: "t" }).length, SparewheelTransport.name, Object.keys(dockerAgent));
console.log(SparewheelChat.name, Object.keys(await pageTools()));
// @ts-expect-error An unknown option is refused.
await createRuntime({ assetbase: "/sparewheel/" });
