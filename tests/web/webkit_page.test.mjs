// What a page that WebDriver drives keeps for its driver.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { mock, test } from "node:test";
import { createContext, runInContext } from "node:vm";

const SCRIPT = new URL("../../runtime/sparewheel/headless/webkit_page.js", import.meta.url);

/** A page with the script in it; `written` is what reached its own console. */
async function page() {
  const written = [];
  const console = Object.fromEntries(
    ["debug", "info", "log", "warn", "error"].map((level) => [level, (...parts) => written.push(parts)]),
  );
  const events = new EventTarget();
  const context = createContext({
    console,
    setTimeout: (...args) => setTimeout(...args),
    clearTimeout: (...args) => clearTimeout(...args),
    addEventListener: events.addEventListener.bind(events),
  });
  runInContext(await readFile(SCRIPT, "utf8"), context);
  const take = async (ms = 1000) => JSON.parse(JSON.stringify(await context.sparewheelTake(ms)));
  return { context, events, written, take };
}

test("what is there is taken at once, in order and once", async () => {
  const { context, take } = await page();
  context.sparewheelPush("a");
  context.sparewheelPush("b");
  assert.deepEqual(await take(), [["text", "a"], ["text", "b"]]);
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const taken = take();
    mock.timers.tick(1000);
    assert.deepEqual(await taken, []);
  } finally {
    mock.timers.reset();
  }
});

test("who waits gets what comes, before the time is over", async () => {
  const { context, take } = await page();
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const taken = take();
    context.sparewheelPush("a");
    assert.deepEqual(await taken, [["text", "a"]]);
  } finally {
    mock.timers.reset();
  }
});

test("the console and uncaught errors are lines, and the console is written as before", async () => {
  const { context, events, written, take } = await page();
  context.console.warn("careful", 1);
  context.console.log({});
  events.dispatchEvent(Object.assign(new Event("error"), { message: "Error: a" }));
  events.dispatchEvent(Object.assign(new Event("unhandledrejection"), { reason: new Error("b") }));
  const lines = ["[warning] careful 1", "[log] [object Object]", "[pageerror] Error: a", "[pageerror] Error: b"];
  assert.deepEqual(await take(), lines.map((line) => ["line", line]));
  assert.deepEqual(written, [["careful", 1], [{}]]);
});
