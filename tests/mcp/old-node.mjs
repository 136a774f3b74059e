// @ts-check
/**
 * For `node --import`: `fs.globSync`, which the conformance suites import and Node 20 lacks. Only their command for
 * maintainers of SDKs calls it.
 */
import fs from "node:fs";
import { register } from "node:module";

if (!("globSync" in fs)) {
  const own = 'export * from "node:fs"; export { default } from "node:fs"; export const globSync = () => [];';
  const url = `data:text/javascript,${encodeURIComponent(own)}`;
  const hook = `export const resolve = (name, context, next) =>
    name === "fs" ? { url: ${JSON.stringify(url)}, shortCircuit: true } : next(name, context);`;
  register(`data:text/javascript,${encodeURIComponent(hook)}`);
}
