// A process of Deno in which code runs: what it finds there, that it does not start where anything is open, and its end.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { OPTIONS, startProcess } from "../../web/node/code/process.js";

const OWN = fileURLToPath(new URL("../../.venv/bin/deno", import.meta.url));
const DENO = existsSync(OWN) ? OWN : "deno";
const PROGRAM = new Blob([new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])]); // an empty module
const ECHO = `self.onmessage = ({ data, ports: [port] }) => {
  port.onmessage = ({ data }) => port.postMessage(data);
  port.postMessage("ready");
};`;

/** A process with a script in the place of Pyodide's, and what it sends. */
function begin(script = ECHO, { options = OPTIONS, parts = {}, memory = 1 << 28 } = {}) {
  const files = { script: new Blob([script]), parts, sideModules: [], lock: {} };
  let die = () => {};
  const died = new Promise((resolve) => (die = resolve));
  const child = startProcess(DENO, files, { program: PROGRAM, wheels: [], snapshot: true, memory }, die, options);
  const sent = [];
  let wake = () => {};
  child.port.onmessage = ({ data }) => wake(sent.push(data));
  const next = async () => {
    while (sent.length === 0) {
      const ended = await Promise.race([died, new Promise((resolve) => (wake = () => resolve()))]);
      if (ended !== undefined && sent.length === 0) throw new Error(`it has ended: ${ended}`);
    }
    return sent.shift();
  };
  return { ...child, next, died };
}

/** What a script in the process finds out. */
async function ask(expression, more) {
  const answer = `(async () => ${expression})().then(String, (error) => "refused: " + error.message).then((text) => port.postMessage(text));`;
  const { next, end } = begin(`self.onmessage = ({ data, ports: [port] }) => { ${answer} };`, more);
  const text = await next();
  end();
  return text;
}

test("texts go to the script and come back", async () => {
  const { port, next, end } = begin();
  assert.equal(await next(), "ready");
  for (const text of ["", "ä€😀", "x".repeat(3_000_000)]) {
    port.postMessage(text);
    assert.equal(await next(), text);
  }
  end();
});

test("the files are there, as bytes", async () => {
  const parts = { "a.bin": new Blob(["one"]), "b.bin": new Blob([new Uint8Array(2_000_000)]) };
  const sizes = `JSON.stringify(Object.entries(data.parts).map(([name, blob]) => [name, blob.size]))`;
  assert.equal(await ask(sizes, { parts }), '[["a.bin",3],["b.bin",2000000]]');
  assert.equal(await ask(`new FileReaderSync().readAsArrayBuffer(data.parts["a.bin"]).byteLength`, { parts }), "3");
});

test("nothing of Deno, of Node and of the network is left", async () => {
  const names = JSON.parse(await ask("JSON.stringify(Object.getOwnPropertyNames(globalThis))"));
  const gone = ["Deno", "process", "Buffer", "global", "fetch", "Worker", "WebSocket", "EventSource", "BroadcastChannel"];
  const stored = ["localStorage", "sessionStorage", "caches", "prompt", "close", "Request", "ImageData", "GPU"];
  assert.deepEqual([...gone, ...stored].filter((name) => names.includes(name)), []);
  assert.ok(names.includes("WebAssembly"));
  assert.equal(await ask("Object.keys(navigator)"), "userAgent,platform,language,hardwareConcurrency");
});

for (const [what, code] of Object.entries({
  eval: `(0, eval)("1")`,
  Function: `(() => {}).constructor("return 1")()`,
  "an async function": `(async () => {}).constructor("return 1")()`,
  "a file as a module": `import("file:///etc/hostname".slice())`,
  "a file as a text": `import("file:///etc/hostname".slice(), { with: { type: "text" } })`,
  "a file by a module of data": `import("data:text/javascript," + "import x from 'file:///etc/hostname' with { type: 'text' }")`,
  "a host's module": `import("https://sandbox.invalid/a.js".slice())`,
  "a package": `import("npm:is-odd".slice())`,
  "a file of Node": `(await import("node:fs".slice())).readFileSync("/etc/hostname")`,
  "a database in a file": `new (await import("node:sqlite".slice())).DatabaseSync(":memory:").exec("attach '/tmp/x.db' as x")`,
  "a program": `(await import("node:child_process".slice())).execFileSync("/bin/true")`,
})) {
  test(`refused, even to the script itself: ${what}`, async () => {
    assert.match(await ask(code), /^refused: /);
  });
}

for (const what of ["read", "write", "net", "env", "sys", "run", "ffi", "import"]) {
  test(`no start where ${what} is allowed`, async () => {
    const options = OPTIONS.map((option) => (option === `--deny-${what}` ? `--allow-${what}` : option));
    const { next, end } = begin(ECHO, { options });
    const { type, message, policy } = JSON.parse(await next());
    assert.deepEqual([type, policy], ["failed", true]);
    assert.match(message, /^Deno does not confine the sandbox: /);
    end();
  });
}

test("no start where texts can become code", async () => {
  const options = OPTIONS.filter((option) => !option.startsWith("--v8-flags"));
  const { next, end } = begin(ECHO, { options });
  assert.match(JSON.parse(await next()).message, /texts can become code/);
  end();
});

test("a process that ends, fails or sends no message is reported", async () => {
  const inside = (code) => begin(`self.onmessage = () => { ${code} };`);
  assert.match(await inside(`setTimeout(() => { throw new Error("Broken") })`).died, /Broken/);
  assert.match(await inside(`const all = []; for (;;) all.push(new Array(1e6).fill(1.5))`).died, /out of memory/i);
  assert.match(await begin(`self.onmessage = ({ ports: [port] }) => port.postMessage("x".repeat(70 << 20))`).died, /cannot be read/);
  const { died } = begin(ECHO, { options: ["run", "--no-such-option"] });
  assert.match(await died, /no-such-option/);
});

test("buffers are bounded where the system does it", { skip: process.platform !== "linux" }, async () => {
  const fill = `Array.from({ length: 40 }, () => new Uint8Array(1 << 28).fill(1)).length`;
  assert.match(await ask(fill), /^refused: .*allocation failed/);
});

/** Processes that have this mark in their command: Deno, and what ends it. */
function marked(mark) {
  const read = (pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8");
    } catch {
      return ""; // it has ended
    }
  };
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name) && read(name).includes(mark));
}

async function gone(mark) {
  while (marked(mark).length > 0) await new Promise((resolve) => setTimeout(resolve, 20)); // the test has a time limit
}

test("an endless loop ends at once, with its process", { skip: process.platform !== "linux", timeout: 60_000 }, async () => {
  const mark = `--seed=${process.pid}`;
  const { next, end } = begin(`self.onmessage = ({ ports: [port] }) => { port.postMessage("in"); for (;;); };`, {
    options: [...OPTIONS, mark],
  });
  assert.equal(await next(), "in");
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) for (const pid of marked(mark)) process.kill(Number(pid), signal);
  assert.equal(marked(mark).length, 2);
  end();
  await gone(mark);
});

test("it ends with its parent, however that ends", { skip: process.platform !== "linux", timeout: 60_000 }, async () => {
  const mark = `--seed=1${process.pid}`;
  const module = new URL("../../web/node/code/process.js", import.meta.url).href;
  const script = `
    const { OPTIONS, startProcess } = await import(${JSON.stringify(module)});
    const loop = 'self.onmessage = ({ ports: [port] }) => { port.postMessage("in"); for (;;); };';
    const files = { script: new Blob([loop]), parts: {}, sideModules: [], lock: {} };
    const program = new Blob([new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])]);
    const parts = { program, wheels: [], snapshot: true, memory: 1 << 28 };
    const { port } = startProcess(${JSON.stringify(DENO)}, files, parts, () => {}, [...OPTIONS, ${JSON.stringify(mark)}]);
    port.onmessage = ({ data }) => console.log(data);`;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve) => parent.stdout.once("data", resolve));
  assert.equal(marked(mark).length, 3); // the parent's command has it, too
  parent.kill("SIGKILL");
  await gone(mark);
});
