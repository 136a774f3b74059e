// node typings.mjs < REQUEST > TYPES: JSON schema to TypeScript. REQUEST is JSON, {schema, name, head}: `name` is the type
// of the schema as a whole, `head` the text above the types.

import { readFileSync } from "node:fs";
import { compile } from "../../../web/node_modules/json-schema-to-typescript/dist/src/index.js";

const { schema, name, head } = JSON.parse(readFileSync(0, "utf8"));
const ours = JSON.parse(readFileSync(new URL("../../../web/.prettierrc.json", import.meta.url), "utf8"));
const style = { bracketSpacing: true, trailingComma: "all", ...ours }; // prettier's defaults, which the generator changes
const options = { additionalProperties: false, bannerComment: head, style, unreachableDefinitions: true };
const types = await compile(schema, name, options);
// The generator adds a remark to each definition of an object.
const remark = /( \* This interface was referenced by `\w+`'s JSON-Schema\n \* via the `definition` "\w+"\.\n)/;
const alone = new RegExp(`/\\*\\*\\n${remark.source} \\*/\\n`, "g");
const last = new RegExp(` \\*\\n${remark.source}`, "g");
process.stdout.write(types.replace(alone, "").replace(last, ""));
