// node typings.mjs < REQUEST > TYPES: JSON schema to TypeScript. REQUEST is JSON, {schema, name, head}: `name` is the type
// of the schema as a whole, `head` the text above the types.

import { readFileSync } from "node:fs";
import { compile } from "../../../web/node_modules/json-schema-to-typescript/dist/src/index.js";

const { schema, name, head } = JSON.parse(readFileSync(0, "utf8"));
const style = JSON.parse(readFileSync(new URL("../../../web/.prettierrc.json", import.meta.url), "utf8"));
const options = { additionalProperties: false, bannerComment: head, style, unreachableDefinitions: true };
process.stdout.write(await compile(schema, name, options));
