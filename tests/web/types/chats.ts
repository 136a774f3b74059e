// The transport is one of AI SDK 5 and of AI SDK 7, and its chunks are those of the version.
import type * as ai5 from "../../../web/node_modules/ai5/dist/index.js";
import type * as ai7 from "../../../web/node_modules/ai7/dist/index.js";
import { approvalsAnswered, SparewheelTransport, visible } from "../../../web/adapters/ai-sdk.js";
import type { Runtime } from "../../../web/sparewheel.js";

export function transports(runtime: Runtime): [ai5.ChatTransport<ai5.UIMessage>, ai7.ChatTransport<ai7.UIMessage>] {
  const session = { yaml: "" };
  return [new SparewheelTransport({ runtime, session, version: 5 }), new SparewheelTransport({ runtime, session })];
}

export function options(transport: ai7.ChatTransport<ai7.UIMessage>): ai7.ChatInit<ai7.UIMessage> {
  return { transport, sendAutomaticallyWhen: approvalsAnswered };
}

export const texts = (message: ai7.UIMessage): string[] => visible(message).map((part) => (part.type === "text" ? part.text : ""));
