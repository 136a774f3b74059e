// The requests under the hood.

import assert from "node:assert/strict";
import test from "node:test";
import { Requests, requestText } from "../../web/app/hood/requests.js";

const EVENT = {
  type: "request",
  turn: "a",
  attempt: 1,
  model: "openai/a",
  method: "POST",
  url: "https://a.test/v1",
  headers: { authorization: "(8 characters)" },
  body_bytes: 12,
  status: 200,
  response_headers: { "content-type": "text/\u202eplain" },
  headers_ms: 34,
};

test("a request reads as HTTP does, and hides nothing", () => {
  const text = requestText(EVENT);
  assert.equal(
    text,
    "POST https://a.test/v1\nauthorization: (8 characters)\n\n(12 bytes)\n\n200 (after 34 ms)\ncontent-type: text/\\u202eplain",
  );
  assert.match(requestText({ ...EVENT, status: null, response_headers: {} }), /\(no response after 34 ms\)$/);
});

test("requests are counted by turn", () => {
  const requests = new Requests();
  for (const event of [{ type: "start", turn: "a" }, EVENT, { type: "delta", turn: "a" }, { ...EVENT, turn: "b" }])
    requests.push(event);
  assert.deepEqual(
    requests.all.map(({ turn }) => turn),
    [1, 2],
  );
  requests.clear();
  assert.deepEqual(requests.all, []);
});
