// Whether a policy is the one with which sandbox.html is built.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { isConfined, isWhole } from "../../web/sandbox/policy.js";

const page = readFileSync(new URL("../../web/sandbox/sandbox.html", import.meta.url), "utf8");
const policy = /content="(default-src[^"]*)"/.exec(page)[1].replace("{{hash}}", `${"A".repeat(43)}=`);

test("the policy of the page is whole, however an engine writes it", () => {
  assert.equal(isWhole(policy), true);
  assert.equal(isWhole(`${policy.replaceAll("; ", ";")};`), true);
});

for (const [name, changed] of Object.entries({
  none: "",
  "any host": policy.replace("connect-src 'none'", "connect-src *"),
  "one host": policy.replace("connect-src 'none'", "connect-src https://example.com"),
  "a directive is missing": policy.replace("; base-uri 'none'", ""),
  "pictures from anywhere": `${policy}; img-src *`,
  "scripts of the host": policy.replace("script-src ", "script-src 'self' "),
  eval: policy.replace("'wasm-unsafe-eval'", "'unsafe-eval'"),
  "scripts without a hash": policy.replace(/'sha256-[^']*' /, ""),
  "workers of the host": policy.replace("worker-src blob:", "worker-src blob: 'self'"),
})) {
  test(`not whole: ${name}`, () => assert.equal(isWhole(changed), false));
}

for (const [name, reported, confined] of [
  ["the whole policy", [{ originalPolicy: policy, disposition: "enforce" }], true],
  [
    "another one beside it",
    ["default-src 'self'", policy].map((text) => ({ originalPolicy: text, disposition: "enforce" })),
    true,
  ],
  ["nothing", [], false],
  ["a weaker policy", [{ originalPolicy: policy.replace("'none'", "data:"), disposition: "enforce" }], false],
  ["one that only reports", [{ originalPolicy: policy, disposition: "report" }], false],
]) {
  test(`what was refused was refused by ${name}`, async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    class Realm extends EventTarget {
      async fetch() {
        for (const facts of reported) this.dispatchEvent(Object.assign(new Event("securitypolicyviolation"), facts));
        throw new TypeError("refused");
      }
    }
    const found = isConfined(new Realm());
    t.mock.timers.tick(3000);
    assert.equal(await found, confined);
  });
}
