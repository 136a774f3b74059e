// The boot: its stages, and how it says why it failed. Pyodide is a fake here: a module made from text.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import test, { mock } from "node:test";
import { boot as realBoot } from "../../web/boot/boot.js";
import { AssetFault, DamagedFile, faultIn, findFault } from "../../web/assets/faults.js";
import { BootError } from "../../web/assets/stages.js";

const CORE = ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"];
const LOCK = {
  packages: {
    sparewheel: { name: "sparewheel", file_name: "sparewheel-1.whl", sha256: "s1", depends: ["ruamel.yaml", "pydantic"] },
    "ruamel-yaml": { name: "ruamel.yaml", file_name: "ruamel.whl", sha256: "r1", depends: [] },
    pydantic: { name: "pydantic", file_name: "pydantic-2.whl", sha256: "p1", depends: ["sparewheel"] },
    micropip: { name: "micropip", file_name: "micropip.whl", sha256: "m1", depends: [] },
  },
  tool: { sparewheel: { core: "core/", site: "site.bin", files: Object.fromEntries(CORE.map((name) => [`core/${name}`, name])) } },
};

/** A network on which nothing fails; `asked` is what it was asked for. */
function network(asked = []) {
  const note = (what) => async ({ url, sha256 }) => void asked.push([what, url, sha256]);
  const [script, prefetch, prefetchModule] = ["script", "file", "module"].map(note);
  return { failed: new Promise(() => {}), stop() {}, script, prefetch, prefetchModule };
}

const sha256 = async (bytes) => createHash("sha256").update(bytes).digest("hex");
const encoded = (value) => new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
const read = async () => encoded(LOCK);
const lockSha256 = await sha256(encoded(LOCK));

/** Boot on a host that has what is not given. */
function boot(indexURL, onProgress, host = {}) {
  return realBoot(indexURL, onProgress, { read, sha256, watchNetwork: () => network(), ...host }, { lockSha256 });
}

/** Run `use` with a folder whose pyodide.mjs answers loadPyodide with `globalThis.fakePyodide(options)`. */
async function withPyodide(fake, use) {
  const folder = await mkdtemp(join(tmpdir(), "boot-"));
  try {
    await mkdir(join(folder, "core"));
    await writeFile(join(folder, "core/pyodide.mjs"), "export const loadPyodide = (o) => globalThis.fakePyodide(o);");
    globalThis.fakePyodide = fake;
    return await use(`${pathToFileURL(folder).href}/`);
  } finally {
    delete globalThis.fakePyodide;
    await rm(folder, { recursive: true });
  }
}

/** A Pyodide that works; `destroyed` counts the proxies that were given back. */
function python({ loaded = ["sparewheel", "ruamel.yaml", "pydantic"], complain, start = () => "dispatch" } = {}) {
  const made = { destroyed: 0, asked: [], imported: [] };
  const fake = {
    _api: {},
    lockfile: LOCK,
    loadedPackages: {},
    async loadPackage(names, { errorCallback }) {
      made.asked.push(...names);
      if (complain) errorCallback(complain);
      fake.loadedPackages = Object.fromEntries(loaded.map((name) => [name, "default channel"]));
    },
    pyimport(name) {
      made.imported.push(name);
      return { start, destroy: () => made.destroyed++ };
    },
  };
  return { fake, made };
}

const failure = (stage, reason, hint = /./) => (error) => {
  assert.ok(error instanceof BootError, String(error));
  assert.equal(error.stage, stage);
  assert.match(error.message, reason);
  assert.match(error.hint, hint);
  return true;
};

test("goes through its stages and connects the runtime", async () => {
  const { fake, made } = python({ start: (send) => (text) => send(`echo ${text}`) });
  const seen = [];
  const said = [];
  await withPyodide(async (options) => (seen.push(Object.keys(options).sort()), fake), async (indexURL) => {
    const connect = await boot(indexURL, ({ stage, type, ms }) => seen.push([type, stage, typeof ms]));
    connect((text) => said.push(text))("hi");
  });
  assert.deepEqual(seen, [
    ["progress", "check", "number"],
    ["progress", "pyodide", "number"],
    ["indexURL", "lockFileContents", "packageBaseUrl", "stderr", "stdout"],
    ["progress", "packages", "number"],
    ["progress", "runtime", "number"],
  ]);
  assert.deepEqual(said, ["echo hi"]);
  assert.deepEqual(made, { destroyed: 1, asked: ["sparewheel"], imported: ["sparewheel.worker"] });
});

test("a check that fails ends the boot before anything is loaded", async () => {
  const check = () => {
    throw new AssetFault("WebAssembly is blocked", "Add 'wasm-unsafe-eval'");
  };
  await assert.rejects(boot("http://h/", () => {}, { check }), failure("check", /blocked/, /wasm-unsafe-eval/));
});

test("a lock file that is a page says so", async () => {
  const page = async () => encoded("<!doctype html>");
  await assert.rejects(boot("http://h/p/", () => {}, { read: page }), failure("check", /h\/p\/pyodide-lock\.json is not JSON/, /dist\//));
});

test("a lock file of another build is refused, after it was asked for past all caches", async () => {
  const modes = [];
  const other = async (_, cache = "default") => (modes.push(cache), encoded({ ...LOCK, packages: {} }));
  await assert.rejects(boot("http://h/p/", () => {}, { read: other }), failure("check", /pyodide-lock\.json is of another build/, /Reload/));
  assert.deepEqual(modes, ["default", "reload"]);
});

test("a lock file that only a cache has damaged is fetched once more", async () => {
  const { fake } = python();
  const stale = async (_, cache) => (cache === "reload" ? encoded(LOCK) : encoded("{}"));
  await withPyodide(async () => fake, (indexURL) => boot(indexURL, () => {}, { read: stale }));
});

test("a start that a deploy has overtaken says so, whatever has failed in it", async () => {
  let deployed = false;
  const overtaken = async () => encoded(deployed ? { ...LOCK, info: {} } : LOCK);
  const missing = () => ((deployed = true), Promise.reject(new Error("404 for it")));
  await withPyodide(missing, async (indexURL) => {
    const error = await boot(indexURL, () => {}, { read: overtaken }).catch((thrown) => thrown);
    failure("check", /another build was deployed/, /Reload/)(error);
    assert.equal(error.final, true); // no other way to start would help
  });
});

test("Python is not started if a package is damaged", async () => {
  let started = false;
  const watchNetwork = () => ({
    ...network(),
    prefetch: async ({ url }) => url.endsWith("ruamel.whl") && Promise.reject(new DamagedFile(url)),
  });
  await withPyodide(async () => (started = true), (indexURL) =>
    assert.rejects(boot(indexURL, () => {}, { watchNetwork }), failure("packages", /ruamel\.whl is not the file .* sha256/, /at once/)),
  );
  assert.equal(started, false);
});

for (const name of CORE.filter((name) => !name.endsWith(".wasm"))) {
  test(`Python is not started if ${name} is damaged`, async () => {
    let started = false;
    const refuse = async ({ url }) => url.endsWith(`/${name}`) && Promise.reject(new DamagedFile(url));
    const watchNetwork = () => ({ ...network(), script: refuse, prefetch: refuse });
    await withPyodide(async () => (started = true), (indexURL) =>
      assert.rejects(boot(indexURL, () => {}, { watchNetwork }), failure("pyodide", new RegExp(`${name} is not the file`), /at once/)),
    );
    assert.equal(started, false);
  });
}

test("a lock file without a hash of a file is refused", async () => {
  const { core, site, files } = LOCK.tool.sparewheel;
  const { "core/pyodide.mjs": _, ...others } = files;
  const bytes = encoded({ ...LOCK, tool: { sparewheel: { core, site, files: others } } });
  const host = { read: async () => bytes, sha256, watchNetwork: () => network() };
  const booting = realBoot("http://h/", () => {}, host, { lockSha256: await sha256(bytes) });
  await assert.rejects(booting, failure("pyodide", /no sha256 of core\/pyodide\.mjs/, /Build/));
});

test("the lock file that the check has read is handed to Pyodide", async () => {
  const { fake } = python();
  let given;
  await withPyodide(async (options) => ((given = options.lockFileContents), fake), (indexURL) => boot(indexURL, () => {}));
  assert.deepEqual(given, LOCK);
});

test("what Pyodide will ask for is asked for at once", async () => {
  const { fake } = python();
  const asked = [];
  await withPyodide(async () => fake, async (indexURL) => {
    await boot(indexURL, () => {}, { watchNetwork: () => network(asked) });
    assert.deepEqual(asked, [
      ["module", `${indexURL}core/pyodide.asm.wasm`, "pyodide.asm.wasm"],
      ["file", `${indexURL}sparewheel-1.whl`, "s1"],
      ["file", `${indexURL}ruamel.whl`, "r1"],
      ["file", `${indexURL}pydantic-2.whl`, "p1"],
      ["script", `${indexURL}core/pyodide.mjs`, "pyodide.mjs"],
      ["script", `${indexURL}core/pyodide.asm.mjs`, "pyodide.asm.mjs"],
      ["file", `${indexURL}core/python_stdlib.zip`, "python_stdlib.zip"],
    ]);
  });
});

test("a script that does not load is looked into", async () => {
  const asked = [];
  const findFault = async (url) => (asked.push(url), url.endsWith(".asm.mjs") ? new AssetFault("404 for it", "Deploy") : null);
  const missing = `${pathToFileURL(tmpdir()).href}/no-such-folder/`;
  await assert.rejects(boot(missing, () => {}, { findFault }), failure("pyodide", /404 for it/, /Deploy/));
  assert.deepEqual(asked, [`${missing}core/pyodide.mjs`, `${missing}core/pyodide.asm.mjs`]);
  await assert.rejects(boot(missing, () => {}), failure("pyodide", /no-such-folder/, /MIME/));
});

test("a wheel that is missing is named with its URL, though loadPackage does not reject", async () => {
  const { fake } = python({ loaded: ["sparewheel", "pydantic"], complain: "ruamel.whl: sha256" });
  await withPyodide(async () => fake, (indexURL) =>
    assert.rejects(boot(indexURL, () => {}), (error) => {
      assert.ok(error.message.includes(`not loaded: ruamel.yaml (${indexURL}ruamel.whl); ruamel.whl: sha256`), error.message);
      return failure("packages", /./, /lock/)(error);
    }),
  );
});

test("a runtime that can not be imported is a failure of its own stage", async () => {
  const { fake } = python();
  fake.pyimport = () => {
    throw new Error("Traceback (most recent call last):\n  File ...\nModuleNotFoundError: No module named 'x'\n");
  };
  const debug = mock.method(console, "debug", () => {});
  try {
    await withPyodide(async () => fake, (indexURL) =>
      assert.rejects(boot(indexURL, () => {}), failure("runtime", /^ModuleNotFoundError: No module named 'x'$/, /console/)),
    );
    assert.match(debug.mock.calls[0].arguments[0], /Traceback/);
  } finally {
    debug.mock.restore();
  }
});

test("what the network watcher sees ends a Pyodide that hangs, and the watcher is taken off", async () => {
  let stopped = 0;
  const watchNetwork = () => ({
    ...network(),
    failed: Promise.reject(new AssetFault("pyodide.asm.wasm is served as text/plain", "Set the MIME type")),
    stop: () => stopped++,
  });
  await withPyodide(() => new Promise(() => {}), (indexURL) =>
    assert.rejects(boot(indexURL, () => {}, { watchNetwork }), failure("pyodide", /served as text\/plain/, /MIME/)),
  );
  assert.equal(stopped, 1);
});

test("60 s without progress end a stage; bytes are progress", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    let bytes;
    const watchNetwork = (onBytes) => ((bytes = onBytes), network());
    let call;
    const called = new Promise((resolve) => (call = resolve));
    await withPyodide(() => (call(), new Promise(() => {})), async (indexURL) => {
      const seen = [];
      const booting = boot(indexURL, (progress) => seen.push([progress.stage, progress.done, progress.total]), { watchNetwork });
      await called;
      mock.timers.tick(59_000);
      bytes(7, 7);
      mock.timers.tick(59_000);
      assert.deepEqual(seen.at(-1), ["pyodide", 7, 7]);
      mock.timers.tick(1_000);
      await assert.rejects(booting, failure("pyodide", /nothing happened for 60 s/, /Content-Security-Policy.*MIME/));
    });
  } finally {
    mock.timers.reset();
  }
});

test("a crash of Python ends the thread as an uncaught exception does", async () => {
  const { fake } = python();
  await withPyodide(async () => fake, (indexURL) => boot(indexURL, () => {}));
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    fake._api.on_fatal(new Error("stack overflow"));
    assert.throws(() => mock.timers.tick(1), /stack overflow/);
  } finally {
    mock.timers.reset();
  }
});

const answer = (status, type) => new Response("", { status, headers: type ? { "content-type": type } : {} });
for (const [url, response, expected] of [
  ["http://h/a.wasm", answer(200, "application/wasm"), null],
  ["http://h/a.wasm?v=1", answer(200, "application/octet-stream"), /served as "application\/octet-stream" but must be application\/wasm/],
  ["http://h/a.mjs", answer(200, "application/javascript; charset=utf-8"), null],
  ["http://h/a.mjs", answer(200, "text/plain"), /must be text\/javascript/],
  ["http://h/a.whl", answer(200, "application/octet-stream"), null],
  ["http://h/a.whl", answer(404), /^404 for http:\/\/h\/a\.whl$/],
]) {
  test(`${response.status} ${response.headers.get("content-type")} for ${url}: ${expected ? "refused" : "fine"}`, () => {
    const fault = faultIn(response, url);
    if (expected) assert.match(fault.message, expected);
    else assert.equal(fault, null);
  });
}

test("a page instead of a file hints at a missing file, not at MIME types", () => {
  assert.match(faultIn(answer(200, "text/html"), "http://h/a.wasm").hint, /missing/);
});

test("a file that can not be fetched hints at network, policy and CORS", async () => {
  const fault = await findFault("http://h/a.mjs", async () => {
    throw new TypeError("Failed to fetch");
  });
  assert.match(fault.message, /http:\/\/h\/a\.mjs could not be fetched/);
  assert.match(fault.hint, /network.*connect-src.*CORS/);
});
