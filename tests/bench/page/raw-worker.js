// The yardstick: what anybody would write who needs nothing but the text. Asks one model after the other until one
// streams; posts every delta, or all of a chunk of the network at once.

const PROMPT = { role: "user", content: "Hello" };
const decoder = () => new TextDecoder();

/** What every request has beside its prompt. */
let load = { messages: [] };

self.onmessage = async ({ data: { urls, models, isBatch, load: given } }) => {
  if (given) {
    load = given;
    return;
  }
  for (const name of models) {
    const [url, model] = name.startsWith("other/") ? [urls.other, name.slice(6)] : [urls.bench, name];
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer none" },
      body: JSON.stringify({ ...load, model, stream: true, messages: [...load.messages, PROMPT] }),
    });
    if (response.ok) {
      await relay(response.body.getReader(), decoder(), isBatch);
      break;
    }
    await response.text();
  }
  self.postMessage({ type: "finish" });
};

async function relay(reader, decoder, isBatch) {
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += decoder.decode(value, { stream: true });
    let start = 0;
    const contents = [];
    for (let end = rest.indexOf("\n\n"); end !== -1; end = rest.indexOf("\n\n", start)) {
      const data = rest.slice(start + "data: ".length, end);
      start = end + 2;
      if (data === "[DONE]") continue;
      const content = JSON.parse(data).choices[0]?.delta.content;
      if (content && isBatch) contents.push(content);
      else if (content) self.postMessage({ type: "delta", content });
    }
    if (contents.length > 0) self.postMessage({ type: "deltas", contents });
    rest = rest.slice(start);
  }
}
