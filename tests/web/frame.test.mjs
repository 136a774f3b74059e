// What the frame of the page says when something fails.

import assert from "node:assert/strict";
import { test } from "node:test";

import { failureText } from "../../web/app/frame/failure.js";

const HINT = `${"The browser does not say why, and there are many reasons. ".repeat(6)}End.`;
const page = { isOnline: true, origin: "https://page.test" };
const unreached = (host) => ({
  message: `${host} gave no answer (TypeError: Failed to fetch).`,
  hint: HINT,
  kind: "network_or_cors",
});

test("D30: a server that cannot be reached is told in two lines, by case", () => {
  const cases = {
    "api.vendor.test": /blocked by an extension/,
    "127.0.0.1:11434": /OLLAMA_ORIGINS=https:\/\/page\.test$/,
    "localhost:1234": /your own network/,
    "192.168.1.20:8000": /your own network/,
    "172.20.0.2:8000": /your own network/,
    "[::1]:8000": /your own network/,
    "[fd00::2]": /your own network/,
    "nas.local": /your own network/,
    "172.32.0.2": /blocked by an extension/,
    "10.example.com": /blocked by an extension/,
    "127.example.com": /blocked by an extension/,
    "localhost.example.com:443": /blocked by an extension/,
  };
  for (const [host, advice] of Object.entries(cases)) {
    const text = failureText(unreached(host), page);
    assert.equal(text.message, `Your browser could not reach ${host}.`);
    assert.match(text.advice, advice, host);
    assert.ok(text.details.includes("Failed to fetch") && text.details.includes("End."), "nothing is lost");
  }
});

test("D30: without a network that is the reason, whatever else is possible", () => {
  const offline = { ...page, isOnline: false };
  for (const host of ["api.vendor.test", "localhost:11434"])
    assert.match(failureText(unreached(host), offline).advice, /^You are offline/);
  assert.equal(failureText({ message: "x did not load", hint: "", kind: "boot_failed" }, offline).advice, "You are offline.");
});

test("a page whose file is missing tells that, and not what an operator would do", () => {
  const failure = {
    message: "the runtime could not start: 404 for /a.wasm",
    hint: "Put the whole of dist/ there.",
    kind: "boot_failed",
  };
  const { message, advice, details } = failureText(failure, page);
  assert.equal(message, "A file of this page is missing on its server.");
  assert.doesNotMatch(advice, /dist/);
  assert.match(details, /dist\/ there/);
  assert.equal(failureText({ ...failure, message: "out of memory" }, page).message, "This page could not start.");
});

test("a short hint stays, a long one is cut after its first sentence, and the rest is folded", () => {
  assert.deepEqual(failureText({ message: "m", hint: "Try again.", kind: "auth" }, page), {
    message: "m",
    advice: "Try again.",
    details: "",
  });
  const cut = failureText({ message: "m", hint: HINT, kind: "auth" }, page);
  assert.equal(`${cut.advice} ${cut.details}`, HINT);
  assert.equal(cut.advice, "The browser does not say why, and there are many reasons.");
  const endless = failureText({ message: "m", hint: "x".repeat(500), kind: "auth" }, page);
  assert.deepEqual([endless.advice, endless.details.length], ["", 500]);
});
