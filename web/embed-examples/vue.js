// Vue: the answer as it streams, without discarded attempts.
import { createRuntime, createTranscript } from "sparewheel";
import { defineComponent, h, ref } from "vue";

const runtime = createRuntime({ assetBase: "/sparewheel/" });
const yaml = "agents: {root: {model: demo/overloaded, fallback: {models: [demo/hello]}}}";

export default defineComponent(() => {
  const answer = ref("");
  const ask = async () => {
    const transcript = createTranscript();
    const session = await (await runtime).createSession({ yaml });
    for await (const event of session.stream("Hello")) (transcript.push(event), (answer.value = transcript.message.content));
  };
  return () => [h("button", { onClick: ask }, "Ask"), h("p", answer.value)];
});
