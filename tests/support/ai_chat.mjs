// For a page: a chat of AI SDK 7 on a runtime of `dist/`, which is at /sparewheel/.

import { AbstractChat } from "ai7";
import { approvalsAnswered, SparewheelTransport } from "/sparewheel/adapters/ai-sdk.js";
import { createRuntime } from "/sparewheel/sparewheel.js";

class State {
  status = "ready";
  messages = [];
  pushMessage = (message) => (this.messages = [...this.messages, message]);
  popMessage = () => (this.messages = this.messages.slice(0, -1));
  replaceMessage = (index, message) => (this.messages = this.messages.with(index, structuredClone(message)));
  snapshot = (value) => structuredClone(value);
}

class Chat extends AbstractChat {}

/** Stops in the middle of its answer on the first visit. */
const halves = {
  async *stream(_messages, { signal }) {
    yield "Hello ";
    if (!sessionStorage.visited) await new Promise((_, reject) => signal.addEventListener("abort", reject));
    yield "again";
  },
};

const yaml = "agents: {root: {model: page/halves, instruction: Answer.}}";
const runtime = createRuntime({ assetBase: "/sparewheel/", store: "indexeddb", models: { halves } });
const transport = new SparewheelTransport({ runtime, session: { yaml } });
window.stored = () => runtime.then(({ sessions }) => sessions.export("chat-1")); // waits until all is written
window.chat = new Chat({ id: "chat-1", transport, state: new State(), sendAutomaticallyWhen: approvalsAnswered });
window.textOf = (message) => message?.parts.map((part) => part.text ?? "").join("") ?? "";
