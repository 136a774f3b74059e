// @ts-check
/**
 * The built runtime under Node, without a browser: `node node_host.mjs DIST OPTIONS`.
 *
 * OPTIONS are those of `boot` as JSON, but `replay` names the file of the recording.
 *
 * It is the public API for Node, driven by page_host.js, as in a page. stdin: a command on each line. stdout: a message on
 * each line, after a record separator (RFC 7464), because other output of Node may go to stdout too and must not be parsed
 * as a message.
 */
import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { format } from "node:util";

const host = /** @type {any} */ (globalThis);

/** @param {string} text */
host.sparewheelPush = (text) => void process.stdout.write(`\u001e${text}\n`);

for (const level of /** @type {const} */ (["debug", "log", "info", "warn", "error"])) {
  console[level] = (...words) => void process.stderr.write(`[${level}] ${format(...words)}\n`);
}

try {
  const api = await import(new URL("node/index.js", pathToFileURL(`${process.argv[2]}/`)).href);
  host.createRuntime = api.createRuntime;
} catch (error) {
  console.error(error);
}
await import(new URL("page_host.js", import.meta.url).href);

const commands = createInterface({ input: process.stdin });
commands.on("line", (line) => host.sparewheelHost.dispatch(line));
commands.on("close", () => process.exit(0)); // the driver has ended
const options = JSON.parse(process.argv[3] ?? "{}");
if (options.replay) options.replay.recording = readFileSync(options.replay.recording, "utf8");
host.sparewheelHost.boot(options);
