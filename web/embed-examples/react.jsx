// React with AI SDK's hook. `npx sparewheel copy public/sparewheel` puts the files there.
import { useChat } from "@ai-sdk/react";
import { createRuntime } from "sparewheel";
import { approvalsAnswered, SparewheelTransport } from "sparewheel/ai-sdk";

const runtime = createRuntime({ assetBase: "/sparewheel/", store: "indexeddb" });
const session = { yaml: "agents: {root: {model: demo/overloaded, fallback: {models: [demo/hello]}}}" };
const transport = new SparewheelTransport({ runtime, session });

export function Chat() {
  const { messages, sendMessage } = useChat({ id: "main", transport, resume: true, sendAutomaticallyWhen: approvalsAnswered });
  const texts = messages.map(({ id, parts }) => <p key={id}>{parts.map((part) => part.type === "text" && part.text)}</p>);
  const ask = (data) => void sendMessage({ text: String(data.get("prompt")) });
  return (
    <form action={ask}>
      {texts}
      <input name="prompt" aria-label="Prompt" />
    </form>
  );
}
