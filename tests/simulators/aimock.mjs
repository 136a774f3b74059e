// Serves aimock on a free port of this machine, prints its URL, and ends with its standard input.

import { LLMock } from "@copilotkit/aimock";

const server = await LLMock.create({ host: "127.0.0.1", port: 0, logLevel: "silent", strict: true });
console.log(server.url);
process.stdin.on("end", () => process.exit()).resume();
