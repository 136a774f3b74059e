// @ts-check
/**
 * The client that a conformance suite starts: `node client.mjs PORT URL`. It passes the scenario on to host.mjs, and
 * prints what went wrong.
 */
const [, , port, url] = process.argv;
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? "{}");
const body = JSON.stringify({ name: process.env.MCP_CONFORMANCE_SCENARIO, url, context });
const response = await fetch(`http://127.0.0.1:${port}/scenario`, { method: "POST", body });
const problems = await response.json();
for (const problem of problems) console.error(problem);
process.exitCode = problems.length ? 1 : 0;
