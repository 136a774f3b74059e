// The sandbox for a program in Python, which has no JavaScript: `deno run … host.js DIST`. It runs no code of a model itself,
// but starts the processes that do. stdin and stdout have JSON, one message on a line:
//
//   in   {session, run, request}   {session, run, stop: true}   {session, run, id, value | error}   {session, close: true}
//   out  {run, piece}              {run, end}                   {run, error, unavailable}

import process from "node:process";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { CodeSandbox } from "../../client/code/sandbox.js";
import { place } from "./place.js";

const sandbox = new CodeSandbox(pathToFileURL(`${process.argv[2]}/`), place);
/** @type {Map<number, AbortController>} By the number of a run. */
const running = new Map();

const tell = (/** @type {object} */ message) => void process.stdout.write(`${JSON.stringify(message)}\n`);

/**
 * @param {string} session
 * @param {number} run
 * @param {import("../../protocol.js").CodeRunRequest} request
 */
async function start(session, run, request) {
  const control = new AbortController();
  running.set(run, control);
  const onPiece = (/** @type {object} */ piece) => tell({ run, piece });
  try {
    tell({ run, end: await sandbox.run(session, run, request, { signal: control.signal, onPiece }) });
  } catch (thrown) {
    const { name, message } = /** @type {Error} */ (Object(thrown));
    tell({ run, error: String(message ?? thrown), unavailable: name === "Unavailable" });
  } finally {
    running.delete(run);
  }
}

const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
lines.on("line", (line) => {
  const { session, run, request, stop, close, ...answer } = JSON.parse(line);
  if (request) void start(session, run, request);
  else if (stop) running.get(run)?.abort();
  else if (close) sandbox.close(session);
  else sandbox.answer(session, { run, ...answer });
});
lines.on("close", () => {
  sandbox.closeAll();
  process.exit(0);
});
