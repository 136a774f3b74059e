// The agents of the page, without the page: edits of the chain in the text of a file, links, saved agents, the schema.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { NotEditable } from "../../web/app/agents/chain-place.js";
import { namesIn, readChain, withModels, withSetting } from "../../web/app/agents/chain-text.js";
import { factsOf, read } from "../../web/app/agents/catalogue.js";
import { problemsIn } from "../../web/app/agents/problems.js";
import { SavedAgents } from "../../web/app/agents/saved-agents.js";
import { aboutKey, isModelPlace, keysAt, spotAt, valuesAt } from "../../web/app/agents/schema.js";
import { isOffer, linkTo, MAX_CHARS, NotShareable, readLink } from "../../web/app/agents/share.js";

const EXAMPLES = new URL("../../web/examples/", import.meta.url);
const PAGE = "https://page.test/x/?a=1#old";

const comments = (text) => [...text.matchAll(/(?:^|\s)(#.*)$/gm)].map(([, found]) => found.trim()).toSorted();

const BLOCK = `agents:
  root: # the one
    model: openai/a # first
    # why there are others
    fallback:
      # cheap ones
      models:
        # fast
        - groq/b   # b's own
        - "xai/c"

        - ollama/d:8b
      retries: -1 # none
    instruction: |
      # no comment
      fallback: {models: [x]}
`;

test("models change places with their comments, and nothing else changes", () => {
  assert.deepEqual(readChain(BLOCK, "root").models, ["openai/a", "groq/b", "xai/c", "ollama/d:8b"]);
  const text = withModels(BLOCK, "root", ["xai/c", "openai/a", "ollama/d:8b", "groq/b"]);
  assert.equal(
    text,
    `agents:
  root: # the one
    model: "xai/c"
    # why there are others
    fallback:
      # cheap ones
      models:
        - openai/a # first

        - ollama/d:8b
        # fast
        - groq/b   # b's own
      retries: -1 # none
    instruction: |
      # no comment
      fallback: {models: [x]}
`,
  );
  assert.deepEqual(comments(text), comments(BLOCK));
});

test("models are added and removed in lists of both notations", () => {
  const added = withModels(BLOCK, "root", ["openai/a", "groq/b", "xai/c", "ollama/d:8b", "mistral/new"]);
  assert.equal(added, BLOCK.replace("- ollama/d:8b\n", "- ollama/d:8b\n        - mistral/new\n"));
  const alone = withModels(BLOCK, "root", ["openai/a"]);
  assert.deepEqual(readChain(alone, "root").models, ["openai/a"]);
  assert.ok(alone.includes("models: []\n        # fast\n      retries: -1"), alone);
  assert.equal(withModels("agents: {root: {model: a/b}}", "root", ["a/b", "c/d"]), "agents: {root: {model: a/b, fallback: {models: [c/d]}}}");
  assert.equal(
    withModels("agents:\n  root:\n    model: a/b # x\n    add_date: true\n", "root", ["c/d", "a/b"]),
    "agents:\n  root:\n    model: c/d # x\n    fallback:\n      models: [a/b]\n    add_date: true\n",
  );
  assert.equal(withModels("agents:\n  root:\n    model: a/b", "root", ["a/b", "c/d"]), "agents:\n  root:\n    model: a/b\n    fallback:\n      models: [c/d]");
  assert.equal(
    withModels("agents:\r\n  root:\r\n    model: a/b\r\n    fallback:\r\n      models:\r\n        - c/d\r\n", "root", ["a/b", "e/f", "c/d"]),
    "agents:\r\n  root:\r\n    model: a/b\r\n    fallback:\r\n      models:\r\n        - e/f\r\n        - c/d\r\n",
  );
  assert.equal(
    withModels("agents:\n  root:\n    model: a/b\n    fallback:\n      models:\n", "root", ["a/b", "c/d"]),
    "agents:\n  root:\n    model: a/b\n    fallback:\n      models: [c/d]\n",
  );
});

test("comments and odd notations survive", () => {
  const text = "agents:\n  2:\n    model: a/b # 1\n    fallback:\n      models:\n        - a/b # 2\n  # odd\n        - c/d\n      cooldown: # 3\n";
  const longer = withModels(text, "2", ["a/b", "a/b", "c/d", "e/f"]);
  assert.equal(longer, text.replace("- c/d\n", "- c/d\n        - e/f\n"));
  assert.deepEqual(comments(withModels(text, "2", ["c/d", "a/b", "a/b"])), comments(text));
  assert.equal(withSetting(text, "2", "cooldown", "2s"), text.replace("cooldown:", "cooldown: 2s"));
});

test("a name that YAML would read as something else is put in quotes", () => {
  for (const name of ["true", "1.5", "a: b", "x # y", "a,b", "- a", "{a}", 'say "hi"', "*a", "&a", "!a", "null", "~", "'a'", "a\\b", "é/ü"]) {
    for (const text of [BLOCK, "agents: {root: {model: a/b}}", "agents: {root: {model: a/b, fallback: {models: [c/d]}}}"]) {
      for (const models of [[name, "a/b"], ["a/b", name], [name]]) {
        assert.deepEqual(readChain(withModels(text, "root", models), "root").models, models);
      }
    }
  }
});

test("settings are set, changed and removed", () => {
  const text = "agents:\n  root:\n    model: a/b\n    fallback:\n      retries: 1 # x\n      models: [c/d]\n";
  assert.equal(withSetting(text, "root", "retries", "forever"), text.replace("1 # x", "forever # x"));
  assert.equal(withSetting(text, "root", "cooldown", "2m"), text.replace("      retries", "      cooldown: 2m\n      retries"));
  assert.equal(withSetting(text, "root", "retries", ""), text.replace("      retries: 1 # x\n", ""));
  const plain = "agents:\n  root:\n    model: a/b\n";
  assert.equal(withSetting(withSetting(plain, "root", "hedge_after", "2s"), "root", "hedge_after", ""), plain);
  const flow = "agents: {root: {model: a/b, fallback: {retries: 1, cooldown: 2s}}}";
  assert.equal(withSetting(flow, "root", "retries", ""), "agents: {root: {model: a/b, fallback: {cooldown: 2s}}}");
  assert.equal(withSetting(flow, "root", "cooldown", ""), "agents: {root: {model: a/b, fallback: {retries: 1}}}");
  assert.equal(withSetting(flow, "root", "hedge_after", "1s"), "agents: {root: {model: a/b, fallback: {hedge_after: 1s, retries: 1, cooldown: 2s}}}");
});

test("every example keeps its comments through all edits, and comes back to itself", () => {
  for (const file of readdirSync(EXAMPLES).filter((name) => name.endsWith(".yaml"))) {
    const text = readFileSync(new URL(file, EXAMPLES), "utf8");
    for (const agent of namesIn(text).agents) {
      const { models } = readChain(text, agent);
      const turned = withModels(text, agent, models.toReversed());
      assert.deepEqual(comments(turned), comments(text));
      assert.equal(withModels(turned, agent, models), text, `${file} ${agent}`);
      const longer = withModels(text, agent, [...models, "a/b"]);
      assert.deepEqual(readChain(withSetting(longer, agent, "retries", "7"), agent).settings.retries, "7");
      assert.deepEqual(comments(longer), comments(text));
    }
  }
});

test("what the form cannot change it refuses, with the reason", () => {
  const refused = (text, reason, agent = "root") => {
    const refuses = (error) => error instanceof NotEditable && (assert.match(error.message, reason), true);
    assert.throws(() => withModels(text, agent, ["a/b", "e/f"]), refuses, text);
  };
  refused("a: [", /not valid YAML: line/);
  refused("- a", /no agents/);
  refused("agents: {root: {harness: {}}}", /no model/);
  refused("agents: {root: {model: a/b}}", /no agent "x"/, "x");
  refused("x: &m a/b\nagents: {root: {model: *m}}", /alias \(\*m\)/);
  refused("x: &f {models: [a/b]}\nagents: {root: {model: a/b, fallback: *f}}", /alias/);
  refused("agents: {root: &r {model: a/b}, other: *r}", /anchor \(&r\)/);
  refused("agents: {root: {model: a/b, fallback: {models: &l [c/d]}}, other: {model: a/b, fallback: {models: *l}}}", /anchor/);
  refused("x: &x {model: a/b}\nagents: {root: {<<: *x, model: a/b}}", /merged/);
  refused("agents:\n  root:\n    model: >-\n      a/b\n", /not a name/);
  refused("agents:\n  root:\n    model: a/b\n    fallback:\n      models: [c/d, # why\n        e/f]\n", /comments between/);
  refused("agents: {root: {model: a/b, fallback: {models: [{a: b}]}}}", /not a name/);
  refused("agents: {root: {model: a/b, fallback: x}}", /not a mapping/);
  refused(`agents: {root: {model: a/b}}\n${"#".repeat(40_000)}`, /too long/);
  refused(`a: &a [x,x,x,x,x,x,x,x,x]\n${[..."bcdefghi"].map((name, at) => `${name}: &${name} [${`*${"abcdefghi"[at]},`.repeat(9)}]`).join("\n")}\nagents: {root: {model: a/b}}`, /cannot change/);
});

test("a link holds the file, and stays short", async () => {
  const text = readFileSync(new URL("survive.yaml", EXAMPLES), "utf8");
  const link = new URL(await linkTo(text, PAGE));
  assert.equal(link.origin + link.pathname + link.search, "https://page.test/x/?a=1");
  assert.ok(isOffer(link.hash) && link.hash.length < 1_000, link.hash.length);
  assert.equal(await readLink(link.hash), text);
  const odd = "\uFEFFagents: {ß: {model: '😀\u202E'}}\r\n";
  assert.equal(await readLink(new URL(await linkTo(odd, PAGE)).hash), odd);
  for (const page of ["#prompt", "", "#agent", "#AGENT=x"]) assert.ok(!isOffer(page));
});

test("what is too long for a link is refused", async () => {
  await assert.rejects(linkTo("x".repeat(MAX_CHARS + 1), PAGE), NotShareable);
  let random = 7;
  const noise = Array.from({ length: MAX_CHARS }, () => String.fromCharCode(33 + ((random = (random * 16_807) % 2_147_483_647) % 90))).join("");
  await assert.rejects(linkTo(noise, PAGE), NotShareable);
  await assert.rejects(linkTo(" \n", PAGE), NotShareable);
});

test("hostile links are refused in one sentence, and are not unpacked", async () => {
  const packed = async (bytes) => {
    const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate-raw"));
    return `#agent=${Buffer.from(await new Response(stream).arrayBuffer()).toString("base64url")}`;
  };
  const bomb = await packed(new Uint8Array(20_000_000));
  assert.ok(bomb.length < 32 * 1024);
  const whole = await packed(Buffer.from("agents: {root: {model: demo/hello}}"));
  const links = [
    bomb,
    "#agent=",
    "#agent=A",
    "#agent=AAAA",
    "#agent=%3Cscript%3E",
    "#agent=+/==",
    "#agent=ünïcode",
    `#agent=${"A".repeat(40_000)}`,
    whole.slice(0, -6),
    await packed(Uint8Array.of(0xff, 0xfe, 0xc0)),
    await packed(Buffer.from("   ")),
    await packed(Buffer.from("x".repeat(MAX_CHARS + 1))),
  ];
  for (const link of links) {
    await assert.rejects(readLink(link), (error) => error instanceof NotShareable && error.message.length < 100, link.slice(0, 60));
  }
});

class Store {
  text = null;
  full = false;
  getItem = () => this.text;
  setItem = (_, text) => {
    if (this.full) throw new DOMException("full", "QuotaExceededError");
    this.text = text;
  };
}

test("agents are saved, renamed, deleted and had back", () => {
  const store = new Store();
  const saved = new SavedAgents(() => store);
  const one = saved.save(" One \n two ", "a: 1");
  const two = saved.save("Two", "b: 1");
  assert.equal(one.name, "One two");
  assert.throws(() => saved.save("Two", "c: 1"), /already/);
  assert.equal(saved.save("Two", "b: 2", two.id).id, two.id);
  assert.notEqual(saved.save("Three", "b: 2", two.id).id, two.id);
  assert.throws(() => saved.rename(one.id, "Two"), /already/);
  assert.equal(saved.rename(one.id, "<b>One</b>"), "<b>One</b>");
  assert.throws(() => saved.rename(one.id, "  "), /needs a name/);
  assert.deepEqual(saved.list().map(({ name }) => name), ["Three", "Two", "<b>One</b>"]);
  const at = saved.list().findIndex(({ id }) => id === two.id);
  const gone = saved.list()[at];
  saved.delete(two.id);
  assert.deepEqual(saved.list().map(({ name }) => name), ["Three", "<b>One</b>"]);
  saved.restore(gone, at);
  assert.deepEqual(saved.list().map(({ name, yaml }) => [name, yaml])[1], ["Two", "b: 2"]);
});

test("a storage that is full, closed or holds something else is told, not lost", () => {
  const store = new Store();
  const saved = new SavedAgents(() => store);
  const kept = saved.save("A", "a");
  store.full = true;
  assert.throws(() => saved.save("B", "b"), /full/);
  assert.deepEqual(saved.list(), [kept]);
  for (const text of ["{", "null", "7", '{"a":1}', '[null,1,"a",{"id":1},{"id":"a","name":"b"}]']) {
    store.text = text;
    assert.deepEqual(saved.list(), []);
  }
  const closed = new SavedAgents(() => {
    throw new DOMException("denied", "SecurityError");
  });
  assert.deepEqual(closed.list(), []);
  assert.throws(() => closed.save("A", "a"), /does not let the page keep/);
});

test("the agent in use keeps its name over a reload, if its file is the same", () => {
  const store = new Store();
  const saved = new SavedAgents(() => store);
  const origin = { kind: "example", id: "survive", title: "Three vendors", yaml: "a" };
  assert.equal(saved.originOf("a b"), null);
  saved.keepOrigin("a b", origin);
  assert.deepEqual(saved.originOf("a b"), origin);
  assert.equal(saved.originOf("other"), null);
  for (const text of ["{", "null", '{"now":"a b"}', '{"now":"a b","origin":{"kind":"x","id":"","title":"","yaml":""}}', '{"now":"a b","origin":{"kind":"own","title":{}}}']) {
    store.text = text;
    assert.equal(saved.originOf("a b"), null);
  }
});

test("the problems of a file are told one by one", () => {
  const message = 'agent "root" cannot run: line 9, column 5: agents.root.model: model "a" needs a key; b; line 14, column 7: x: unknown key; and 3 more';
  assert.deepEqual(problemsIn(message), [
    { line: 9, column: 5, text: 'agents.root.model: model "a" needs a key; b' },
    { line: 14, column: 7, text: "x: unknown key; and 3 more" },
  ]);
  assert.deepEqual(problemsIn("The agent file is not a mapping."), []);
});

/** @param {string} text With | where the cursor is. */
const spot = (text) => {
  const found = spotAt(text.replace("|", ""), text.indexOf("|"));
  return found && [found.path.join("."), found.isValue, text.slice(found.from, text.indexOf("|"))];
};

test("the place in a file is found while it is written", () => {
  assert.deepEqual(spot("ag|"), ["", false, "ag"]);
  assert.deepEqual(spot("agents:\n  root:\n    mod|"), ["agents.root", false, "mod"]);
  assert.deepEqual(spot("agents:\n  root:\n    model: op|"), ["agents.root.model", true, "op"]);
  assert.deepEqual(spot("agents:\n  root:\n    model: a\n    # c\n\n    fallback:\n      models: [a]\n      re|\nmodels:"), ["agents.root.fallback", false, "re"]);
  assert.deepEqual(spot("agents:\n  root:\n    fallback: {models: [a, b|"), ["agents.root.fallback.models.[]", true, "b"]);
  assert.deepEqual(spot("agents:\n  root:\n    fallback: {models: [a], re|"), ["agents.root.fallback", false, "re"]);
  assert.deepEqual(spot("agents:\n  root:\n    toolsets:\n      - type: fe|"), ["agents.root.toolsets.[].type", true, "fe"]);
  assert.deepEqual(spot("agents:\n  root:\n    toolsets:\n    - type: api\n      na|"), ["agents.root.toolsets.[]", false, "na"]);
  assert.deepEqual(spot("agents:\n  root:\n    toolsets:\n    - type: api\n    - ty|"), ["agents.root.toolsets.[]", false, "ty"]);
  assert.deepEqual(spot("agents: {root: {mo|"), ["agents.root", false, "mo"]);
  assert.equal(spot("agents: # x|"), null);
  assert.equal(spot('agents: {root: {model: "a|'), null);
});

const SCHEMA = {
  properties: { agents: { additionalProperties: { $ref: "#/$defs/Agent" } } },
  $defs: {
    Agent: {
      properties: {
        model: { type: "string", description: "Its model." },
        safety: { anyOf: [{ enum: ["strict", "balanced"] }, { type: "null" }] },
        add_date: { type: "boolean" },
        fallback: { allOf: [{ $ref: "#/$defs/Fallback" }], description: "What happens." },
        toolsets: { items: { $ref: "#/$defs/Agent" } },
      },
    },
    Fallback: { description: "Of a chain.", properties: { loop: { $ref: "#/$defs/Fallback" } } },
  },
};

test("the schema tells keys, values and what they are for", () => {
  assert.deepEqual([...keysAt(SCHEMA, ["agents", "root"]).keys()], ["model", "safety", "add_date", "fallback", "toolsets"]);
  assert.deepEqual([...keysAt(SCHEMA, ["agents", "root", "toolsets", "[]", "fallback", "loop"])], [["loop", "Of a chain."]]);
  assert.deepEqual(valuesAt(SCHEMA, ["agents", "root", "safety"]), ["strict", "balanced"]);
  assert.deepEqual(valuesAt(SCHEMA, ["agents", "root", "add_date"]), ["true", "false"]);
  assert.equal(aboutKey(SCHEMA, ["agents", "x", "fallback"]), "What happens.");
  assert.equal(aboutKey(SCHEMA, ["nothing", "x"]), "");
  assert.ok(isModelPlace(["agents", "root", "fallback", "models", "[]"]) && !isModelPlace(["agents", "root", "tools"]));
});

test("the catalogue of the page is one that people can choose from", () => {
  const models = read(JSON.parse(readFileSync(new URL("../../web/app/agents/models.json", import.meta.url), "utf8")));
  assert.ok(models.size > 200);
  for (const [name, model] of models) assert.match(`${name} ${factsOf(model)}`, /^[a-z-]+\/\S+ (?:\d+(?:\.\d)? [kM] tokens · )?\$[\d.e-]+ in, \$[\d.e-]+ out a million$/);
});
