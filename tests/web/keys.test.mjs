// The keys of the page: what is recognized, what is asked of a provider, how keys are kept, and the sign-in.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import hashWasm from "../../web/node_modules/hash-wasm/dist/argon2.umd.min.js";
import { checkKey } from "../../web/app/keys/check.js";
import { Keyring } from "../../web/app/keys/keyring.js";
import { beginSignIn, exchange, takeReturn } from "../../web/app/keys/openrouter.js";
import { isKey, keysIn, nameFor } from "../../web/app/keys/pasted.js";
import { PROVIDERS, providerNamed, titlesOf } from "../../web/app/keys/providers.js";
import { DamagedKeys, fromBase64, parseSealed, Seal, WrongPassphrase } from "../../web/app/keys/sealing.js";
import { Vault } from "../../web/app/keys/vault.js";

const SECRET = "sk-proj-CANARY0123456789";
const realFetch = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = realFetch;
});

const provider = (id) => PROVIDERS.find((each) => each.id === id);

class Shelf {
  items = new Map();
  getItem = (name) => this.items.get(name) ?? null;
  setItem = (name, text) => void this.items.set(name, text);
  removeItem = (name) => void this.items.delete(name);
}

/** argon2id as the page derives, but cheap. */
async function derive(password, { salt }) {
  const options = { password, salt: fromBase64(salt), memorySize: 8, iterations: 1, parallelism: 1, hashLength: 32 };
  return hashWasm.argon2id({ ...options, outputType: "binary" });
}

test("a key is told from a name", () => {
  const keys = [
    SECRET,
    "sk-ant-api03-abc",
    "sk-or-v1-0",
    "AIzaSyA0123456789abcdefghij",
    "gsk_0123456789abcdefghijkl",
    "Bearer xai-0123456789abcdefghij",
    '"0f3c9b7a5d2e4c6b8a1f0e9d"',
    "  2f7Kx9Qm4Rt8Wb3Nc6Jd1Hs5  ",
  ];
  const names = ["OPENAI_API_KEY", "MY_KEY_2", "OpenAI", "openrouter", "AI_GATEWAY_API_KEY", "my-own-key", "A".repeat(30), ""];
  assert.deepEqual(keys.filter(isKey), keys);
  assert.deepEqual(names.filter(isKey), []);
});

test("what is pasted may be a key, an assignment, a header, JSON, or a whole .env file", () => {
  const one = (text) => keysIn(text)[0];
  assert.deepEqual(one(SECRET), { name: "OPENAI_API_KEY", value: SECRET });
  assert.deepEqual(one(`\u200b${SECRET}\n`), { name: "OPENAI_API_KEY", value: SECRET });
  for (const text of [`MY_KEY=${SECRET}`, `export MY_KEY="${SECRET}"`, `MY_KEY: '${SECRET}',`, `$env:MY_KEY = "${SECRET}"`]) {
    assert.deepEqual(one(text), { name: "MY_KEY", value: SECRET }, text);
  }
  assert.deepEqual(one(`Authorization: Bearer ${SECRET}`), { name: "OPENAI_API_KEY", value: SECRET });
  assert.deepEqual(one(`"apiKey": "0123456789abcdef01234567",`), { name: "", value: "0123456789abcdef01234567" });
  assert.deepEqual(one("MISTRAL_API_KEY=short"), { name: "MISTRAL_API_KEY", value: "short" });
  assert.deepEqual(keysIn(`# keys\nA_KEY=x1\n\nGROQ_API_KEY=y2\r\nREGION=eu\n`), [
    { name: "A_KEY", value: "x1" },
    { name: "GROQ_API_KEY", value: "y2" },
  ]);
  for (const text of ["OPENAI_API_KEY", "OpenAI", "https://example.test/a", "two words", ""]) assert.deepEqual(keysIn(text), []);
});

test("names that people write", () => {
  const written = ["OpenAI", "openai api key", " Hugging Face ", "OPENAI_API_KEY", "MY_KEY", "x.ai", "VITE_OPENAI_API_KEY"];
  const meant = ["OPENAI_API_KEY", "OPENAI_API_KEY", "HF_TOKEN", "OPENAI_API_KEY", "MY_KEY", "XAI_API_KEY", "VITE_OPENAI_API_KEY"];
  assert.deepEqual(written.map(nameFor), meant);
  assert.equal(providerNamed("VITE_OPENAI_API_KEY_2")?.id, "openai");
  assert.equal(titlesOf(["ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "GEMINI_API_KEY", "MINE"]), "Anthropic, Google and MINE");
});

/** Have `fetch` answer by these; the requests. */
function answers(...all) {
  const asked = [];
  globalThis.fetch = async (url, init = {}) => {
    asked.push({ url: String(url), ...init, headers: Object.fromEntries(new Headers(init.headers)) });
    const answer = all.shift();
    if (typeof answer === "function") return answer(init);
    if (answer instanceof Error) throw answer;
    return new Response("{}", { status: answer });
  };
  return asked;
}

const never = new AbortController().signal;
const judged = async (id, key, ...all) => {
  const asked = answers(...all);
  return { ...(await checkKey(provider(id), key, never)), asked };
};

test("a check is one request to the provider's own host, which follows no redirect", async () => {
  const { state, asked } = await judged("openai", SECRET, 200);
  assert.equal(state, "works");
  assert.equal(asked.length, 1);
  const { url, headers, redirect, credentials } = asked[0];
  assert.deepEqual([url, headers.authorization], ["https://api.openai.com/v1/models", `Bearer ${SECRET}`]);
  assert.deepEqual([redirect, credentials], ["error", "omit"]);
  const anthropic = (await judged("anthropic", "sk-ant-x", 200)).asked[0].headers;
  assert.deepEqual([anthropic["x-api-key"], anthropic.authorization], ["sk-ant-x", undefined]);
});

test("what a provider answers to a key", async () => {
  const states = [];
  for (const status of [200, 401, 403, 402, 429, 500, 404]) states.push((await judged("mistral", "k", status)).state);
  assert.deepEqual(states, ["works", "refused", "refused", "refused", "works", "unclear", "unclear"]);
  assert.equal((await judged("google", "k", 400)).state, "refused");
  assert.equal((await judged("azure", "k")).state, "unclear");
});

test("a list that everyone may read does not prove a key", async () => {
  const open = await judged("nvidia", "nvapi-x", 200, 200);
  assert.equal(open.state, "unclear");
  assert.equal(open.asked[1].headers.authorization, undefined);
  assert.equal((await judged("nvidia", "nvapi-x", 200, 401)).state, "works");
  assert.equal((await judged("nvidia", "nvapi-x", 200, new TypeError("CORS"))).state, "works");
});

test("a provider that web pages may not read is told from one that cannot be reached", async () => {
  const shut = await judged("mistral", "k", new TypeError("Failed to fetch"), 200);
  assert.equal(shut.state, "blocked");
  assert.match(shut.text, /does not let web pages in/);
  assert.deepEqual([shut.asked[1].mode, shut.asked[1].headers], ["no-cors", {}]); // without the key
  const gone = await judged("mistral", "k", new TypeError("Failed to fetch"), new TypeError("Failed to fetch"));
  assert.equal(gone.state, "unreachable");
});

test("another provider's key is not sent", async () => {
  const { state, text, asked } = await judged("openai", "sk-ant-CANARY");
  assert.deepEqual([state, asked], ["refused", []]);
  assert.match(text, /key of Anthropic, not of OpenAI/);
  assert.doesNotMatch(text, /CANARY/);
});

test("a check can be given up", async () => {
  const control = new AbortController();
  const asked = answers((init) => new Promise((_, reject) => init.signal.addEventListener("abort", () => reject(init.signal.reason))));
  const checked = checkKey(provider("groq"), "k", control.signal);
  control.abort();
  await assert.rejects(checked, { name: "AbortError" });
  assert.equal(asked.length, 1);
});

test("remembered keys come back with the passphrase, and only with it", async () => {
  const shelf = new Shelf();
  const vault = new Vault(new Keyring(), derive, shelf);
  assert.equal(vault.state, "off");
  const first = new Keyring();
  const written = new Vault(first, derive, shelf);
  first.set("OPENAI_API_KEY", SECRET);
  assert.equal(shelf.items.size, 0);
  await written.remember("correct horse");
  first.set("MINE", "later");
  const text = await storedBy(written, shelf);
  assert.doesNotMatch(text, /CANARY|OPENAI|later|correct/);
  assert.deepEqual(Object.keys(JSON.parse(text)), ["v", "kdf", "iv", "data"]);
  assert.equal(vault.state, "locked");
  await assert.rejects(vault.unlock("wrong"), WrongPassphrase);
  const again = new Keyring();
  await new Vault(again, derive, shelf).unlock("correct horse");
  assert.deepEqual(again.env, { OPENAI_API_KEY: SECRET, MINE: "later" });
});

/** What is on the shelf once the vault has stored every change. */
async function storedBy(vault, shelf) {
  await vault.stored;
  return shelf.getItem("sparewheel.keys");
}

test("each record has its own initialization vector, and what stands beside it cannot be changed", async () => {
  const seal = await Seal.create("passphrase", derive);
  const [one, two] = [await seal.seal({ A: "1" }), await seal.seal({ A: "1" })];
  assert.notEqual(one.iv, two.iv);
  assert.notEqual(one.data, two.data);
  const { kdf } = one;
  for (const changed of [{ ...one, data: two.data }, { ...one, kdf: { ...kdf, iterations: kdf.iterations + 1 } }]) {
    await assert.rejects(Seal.open(changed, "passphrase", derive), WrongPassphrase);
  }
});

test("a stored record that is not ours, or too dear, is refused before anything is derived", async () => {
  const sealed = await (await Seal.create("passphrase", derive)).seal({});
  const { kdf } = sealed;
  assert.deepEqual(parseSealed(JSON.stringify(sealed)), sealed);
  const wrong = [
    "",
    "null",
    "[]",
    "{",
    "x".repeat(2_000_000),
    ...[{ v: 2 }, { iv: "AAAA" }, { data: 5 }, { data: "%%%%" }, { kdf: null }].map((part) => ({ ...sealed, ...part })),
    ...[{ memory: 4e6 }, { memory: 7 }, { iterations: 0 }, { iterations: 1e9 }, { parallelism: 1.5 }, { salt: "AA==" }, { name: "none" }].map(
      (part) => ({ ...sealed, kdf: { ...kdf, ...part } }),
    ),
  ];
  for (const text of wrong) {
    assert.throws(() => parseSealed(typeof text === "string" ? text : JSON.stringify(text)), DamagedKeys);
  }
});

test("two tabs keep the same keys, and forgetting in one ends it in the other", async () => {
  const shelf = new Shelf();
  const [one, two] = [new Keyring(), new Keyring()];
  const [first, second] = [new Vault(one, derive, shelf), new Vault(two, derive, shelf)];
  one.set("A", "1");
  await first.remember("passphrase");
  await second.unlock("passphrase");
  one.set("B", "2");
  one.remove("A");
  await second.follow({ key: "sparewheel.keys", newValue: await storedBy(first, shelf) });
  assert.deepEqual(two.env, { B: "2" });
  await first.forget();
  await second.follow({ key: "sparewheel.keys", newValue: null });
  assert.equal(second.state, "off");
  two.set("C", "3");
  assert.equal(await storedBy(second, shelf), null);
});

test("keys that cannot be stored stay in the tab, and the user is told", async () => {
  const shelf = new Shelf();
  shelf.setItem = () => {
    throw new Error("the quota is used up");
  };
  const keyring = new Keyring();
  const vault = new Vault(keyring, derive, shelf);
  keyring.set("A", "1");
  await assert.rejects(vault.remember("passphrase"), /quota/);
  assert.deepEqual([vault.state, keyring.env], ["off", { A: "1" }]);
  assert.match(new Vault(keyring, derive, null).obstacle, /keeps nothing/);
});

test("the sign-in has a challenge of its verifier, and takes back only what it has begun", async () => {
  const shelf = new Shelf();
  const address = new URL(await beginSignIn("https://page.test/spare/?x=1#y", shelf));
  const { verifier, state } = JSON.parse(shelf.getItem("sparewheel.openrouter"));
  const digest = Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(verifier))).toString("base64url");
  const { searchParams: sent } = address;
  assert.equal(address.origin + address.pathname, "https://openrouter.ai/auth");
  assert.deepEqual([sent.get("code_challenge"), sent.get("code_challenge_method")], [digest, "S256"]);
  assert.equal(sent.get("callback_url"), `https://page.test/spare/?state=${state}`);
  const back = `${sent.get("callback_url")}&code=C0DE`;
  assert.deepEqual(takeReturn(back, shelf), { back: { code: "C0DE", verifier }, clean: "https://page.test/spare/" });
  assert.match(takeReturn(back, shelf).back.problem, /not begun in this tab/); // a second time
});

test("what comes back from elsewhere is refused, and taken out of the address", async () => {
  const begun = async () => {
    const shelf = new Shelf();
    const url = new URL(new URL(await beginSignIn("https://page.test/", shelf)).searchParams.get("callback_url"));
    return { shelf, url };
  };
  const stranger = takeReturn("https://page.test/?code=C&state=openrouter-evil", (await begun()).shelf);
  assert.match(stranger.back.problem, /not begun/);
  assert.equal(stranger.clean, "https://page.test/");
  assert.match(takeReturn("https://page.test/?code=C", (await begun()).shelf).back.problem, /not begun/);
  const { shelf, url } = await begun();
  url.searchParams.set("error", "access_denied");
  assert.match(takeReturn(url.href, shelf).back.problem, /did not sign you in: access_denied/);
  for (const other of ["https://page.test/", "https://page.test/?code=C&state=mcp-1"]) assert.equal(takeReturn(other, new Shelf()), null);
});

test("a code is exchanged for a key", async () => {
  const body = (text, status = 200) => () => new Response(text, { status });
  const asked = answers(body('{"key": "sk-or-v1-0123"}'));
  assert.equal(await exchange({ code: "C", verifier: "V" }), "sk-or-v1-0123");
  assert.deepEqual(JSON.parse(asked[0].body), { code: "C", code_verifier: "V", code_challenge_method: "S256" });
  assert.deepEqual([asked[0].method, asked[0].redirect, asked[0].credentials], ["POST", "error", "omit"]);
  const bad = ["{}", "[]", "<html>", '{"key": 5}', '{"key": "a\\nb"}', '{"key": "sk-ant-x"}', `{"key": "${"k".repeat(200_000)}"}`];
  for (const text of bad) {
    answers(body(text));
    await assert.rejects(exchange({ code: "C", verifier: "V" }), /its answer has no key/, text.slice(0, 30));
  }
  answers(body('{"key": "sk-or-v1-0123"}', 403));
  await assert.rejects(exchange({ code: "C", verifier: "V" }), /it answered 403/);
  answers(new TypeError("Failed to fetch"));
  await assert.rejects(exchange({ code: "C", verifier: "V" }), /could not be reached/);
});
