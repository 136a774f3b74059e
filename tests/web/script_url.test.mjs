// Addresses of scripts, under Trusted Types and without.

import assert from "node:assert/strict";
import { test } from "node:test";

import { scriptURL } from "../../web/assets/script-url.js";

const PAGE = "https://page.test/sub/";

/** @param {import("node:test").TestContext} t */
function trustedTypes(t) {
  /** @type {string[]} */
  const made = [];
  const createPolicy = (name, rules) => {
    if (made.includes(name)) throw new TypeError(`Policy with name "${name}" already exists.`);
    made.push(name);
    return { createScriptURL: (url) => ({ trusted: rules.createScriptURL(url) }) };
  };
  Object.assign(globalThis, { trustedTypes: { createPolicy }, origin: new URL(PAGE).origin });
  t.after(() => {
    for (const name of ["trustedTypes", "origin", Symbol.for("sparewheel.trusted-types")]) delete globalThis[name];
  });
  return made;
}

test("without Trusted Types an address stays what it is", () => {
  const url = new URL("worker.js", PAGE);
  assert.equal(scriptURL(url), url);
});

test("copies of the module share one policy", async (t) => {
  const made = trustedTypes(t);
  const copy = await import("../../web/assets/script-url.js?copy");
  assert.deepEqual(scriptURL(new URL("worker.js", PAGE)), { trusted: `${PAGE}worker.js` });
  assert.deepEqual(copy.scriptURL(new URL("blob:https://page.test/1")), { trusted: "blob:https://page.test/1" });
  assert.deepEqual(made, ["sparewheel"]);
});

test("a script of another origin is refused", (t) => {
  trustedTypes(t);
  for (const url of [
    "https://elsewhere.test/worker.js",
    "data:text/javascript,1",
    "blob:https://elsewhere.test/1",
    "http://page.test/",
  ]) {
    assert.throws(() => scriptURL(new URL(url)), /not of this page's origin/);
  }
});
