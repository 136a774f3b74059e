// The pages of docs/documents-and-mcp.md, as they stand there, beside a worker that the test plays.

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { pathToFileURL } from "node:url";
import { handOver } from "../../web/oauth-channel.js";
import { FINISH, RESULT, START, turn } from "./fake_worker.mjs";
import { CONFIRMATION, ELICITATION, startRuntime } from "./started.mjs";

const TEXT = await readFile(new URL("../../docs/documents-and-mcp.md", import.meta.url), "utf8");
const CHANNEL = new URL("../../web/oauth-channel.js", import.meta.url).href;
const LINK = "https://auth.test/authorize?state=s1";

/** Run the script of a section's page; `page` has the globals that it finds there. Resolves when it has ended. */
async function run(section, page) {
  const script = TEXT.split(`## ${section}\n`)[1].match(/<script type="module">\n(.*?)<\/script>/s)[1];
  const own = script
    .replace('import { createRuntime } from "./sparewheel/sparewheel.js";', "")
    .replace('"./sparewheel/oauth-channel.js"', JSON.stringify(CHANNEL));
  const folder = await mkdtemp(join(tmpdir(), "docs-"));
  const file = join(folder, "page.mjs");
  globalThis.page = page;
  try {
    await writeFile(file, `const { ${Object.keys(page).join(", ")} } = globalThis.page;\n${own}`);
    await import(pathToFileURL(file));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What a page finds: a worker that has started, and a body that keeps what is appended. */
async function found() {
  const { worker, runtime } = await startRuntime();
  const shown = [];
  const button = { hidden: true };
  const document = { body: { append: (text) => shown.push(text) }, querySelector: () => button };
  return { worker, shown, button, page: { createRuntime: async () => runtime, document } };
}

test("documents are searched and shown with their sources", async () => {
  const { worker, shown, page } = await found();
  const running = run("Answers from documents", page);
  const created = await worker.command("create_session");
  assert.match(created.params.yaml, /type: rag, ref: handbook/);
  assert.deepEqual(Object.keys(created.params.documents), ["handbook/leave.md", "handbook/travel.txt"]);
  assert.match(created.params.documents["handbook/travel.txt"], /^data:/);
  worker.reply(created, { agent: "root", models: [] });
  const sent = await worker.command("send");
  const source = { type: "annotation", attempt: 1, index: 0, kind: "source", url: "", title: "handbook/leave.md > Leave", text: "" };
  const delta = { type: "delta", attempt: 1, index: 0, content: "25 days" };
  worker.events(created.params.session, ...turn("t1", START, source, delta, FINISH));
  worker.reply(sent, RESULT);
  await running;
  assert.deepEqual(shown, ["[handbook/leave.md > Leave] ", "25 days"]);
});

test("a sign-in opens its address, and what comes back is the answer", async () => {
  const { worker, shown, button, page } = await found();
  const opened = [];
  const window = { confirm: () => true, open: (...args) => opened.push(args) };
  const running = run("Tools of a remote MCP server", {
    ...page, window, prompt: () => "sk-1234567890", location: { href: "https://page.test/app/index.html" },
  });
  const created = await worker.command("create_session");
  const { session, env, yaml, oauthRedirectURI } = created.params;
  assert.deepEqual([env, oauthRedirectURI], [{ OPENAI_API_KEY: "sk-1234567890" }, "https://page.test/app/sparewheel/oauth.html"]);
  assert.match(yaml, /type: mcp/);
  worker.reply(created, { agent: "root", models: [] });
  const sent = await worker.command("send");
  const asked = { ...ELICITATION, mode: "url", url: LINK, sign_in: { server: "https://mcp.test/", state: "s1" } };
  worker.events(session, ...turn("t1", START, asked, CONFIRMATION));
  const confirmed = await worker.command("confirm");
  assert.equal(confirmed.params.decision, "approve");
  worker.reply(confirmed, null);
  assert.equal(button.hidden, false);
  button.onclick();
  assert.deepEqual(opened, [[LINK, "_blank", "noopener"]]);
  const back = { code: "code-1", state: "s1", iss: "https://auth.test" };
  handOver(back, () => {});
  const answer = await worker.command("respond");
  assert.deepEqual(answer.params, { action: "accept", content: back, session, id: "e1" });
  worker.reply(answer, null);
  assert.equal(button.hidden, true);
  worker.reply(sent, RESULT);
  await running;
  assert.deepEqual(shown, [RESULT.message.content]);
});
