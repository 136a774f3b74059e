// What a sign-in brings back goes to the page that asked for it, and to no other one.

import assert from "node:assert/strict";
import test from "node:test";
import { handOver, whenBack } from "../../web/oauth-channel.js";

test("the page that asked gets what came back, once, and tells that it has it", async () => {
  const others = [];
  const stop = whenBack("s2", (back) => others.push(back));
  const taken = new Promise((resolve) => whenBack("s1", resolve));
  const received = new Promise((resolve) => handOver({ state: "s1", code: "c" }, () => resolve("received")));
  assert.deepEqual(await taken, { state: "s1", code: "c" });
  assert.equal(await received, "received");
  const mine = new Promise((resolve) => whenBack("s3", resolve));
  handOver({ state: "s3", error: "access_denied" }, () => {});
  await mine; // messages arrive in order: one for s2 would have come before
  assert.deepEqual(others, []);
  stop();
});

test("messages that are none do nothing", async () => {
  const channel = new BroadcastChannel("sparewheel oauth");
  const taken = new Promise((resolve) => whenBack("s1", resolve));
  for (const message of [null, 7, {}, { back: null }, { back: { state: 7 } }]) channel.postMessage(message);
  channel.postMessage({ back: { state: "s1" } });
  assert.deepEqual(await taken, { state: "s1" });
  channel.close();
});
