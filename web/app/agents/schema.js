// Where in an agent file a position is, and what the schema of agent files has there. No DOM here.

/**
 * @typedef {object} Schema The part of JSON Schema that the generated file uses.
 * @property {string} [$ref]
 * @property {Schema[]} [allOf]
 * @property {Schema[]} [anyOf]
 * @property {Record<string, Schema>} [properties]
 * @property {Schema | boolean} [additionalProperties]
 * @property {Schema} [items]
 * @property {string} [type]
 * @property {unknown[]} [enum]
 * @property {unknown} [const]
 * @property {unknown[]} [examples]
 * @property {string} [description]
 * @property {Record<string, Schema>} [$defs]
 *
 * @typedef {object} Spot
 * @property {string[]} path The keys around the position; "[]" is an item of a list.
 * @property {boolean} isValue Whether a value stands there, of the last key of the path; else a key of the mapping at the path.
 * @property {number} from Where the word at the position begins.
 */

const ITEM = "[]";
const KEY = /^("[^"]*"|'[^']*'|[^\s#"'[\]{},:&*!|>%@`-][^#:]*?|-[^\s#:]+)\s*:(?=\s|$)/;
const MAX_LINES = 5_000; // looked at above a position
const MAX_LINE = 1_000; // characters of a line that are looked at

/**
 * @param {string} text
 * @param {number} position
 * @returns {Spot | null} null in comments, and where it cannot be told.
 */
export function spotAt(text, position) {
  const start = text.lastIndexOf("\n", position - 1) + 1;
  const line = text.slice(start, position);
  if (line.length > MAX_LINE || /(?:^|\s)#/.test(line)) return null;
  const { columns, column, rest } = shape(line);
  const key = KEY.exec(rest);
  const inside = key ? flow(rest.slice(key[0].length)) : flow(rest);
  if (!inside) return null;
  const around = outside(text.slice(0, start), columns, column);
  const here = key ? [unquoted(key[1] ?? "")] : [];
  const isValue = inside.isValue || (!inside.isOpen && (key !== null || (rest !== "" && isValueStart(rest))));
  return { path: [...around, ...here, ...inside.path], isValue, from: position - inside.word.length };
}

/** @param {string} rest */
function isValueStart(rest) {
  return /^["'[{]/.test(rest);
}

/**
 * The dashes that begin a line, and what stands behind them.
 * @param {string} line
 */
function shape(line) {
  const columns = [];
  let column = /^ */.exec(line)?.[0].length ?? 0;
  for (;;) {
    const dash = /^-(?: +|$)/.exec(line.slice(column));
    if (!dash) break;
    columns.push(column);
    column += dash[0].length;
  }
  return { columns, column, rest: line.slice(column) };
}

/**
 * The path of what begins in this column, by the lines above.
 * @param {string} above
 * @param {number[]} dashes Columns of the dashes before it.
 * @param {number} column
 */
function outside(above, dashes, column) {
  /** @type {string[]} */
  const path = [];
  let left = column;
  let isItem = false; // whether a dash stands in the column `left`
  const enter = (/** @type {number[]} */ columns) => {
    for (const at of columns.toReversed()) {
      if (at >= left) continue;
      path.unshift(ITEM);
      left = at;
      isItem = true;
    }
  };
  enter(dashes);
  const lines = above.split("\n");
  for (let at = lines.length - 1, seen = 0; at >= 0 && seen < MAX_LINES; at -= 1, seen += 1) {
    const line = (lines[at] ?? "").slice(0, MAX_LINE).trimEnd();
    if (!line.trim() || line.trimStart().startsWith("#")) continue;
    const found = shape(line);
    const key = KEY.exec(found.rest);
    if (key && (found.column < left || (isItem && found.column === left && found.columns.length === 0))) {
      path.unshift(unquoted(key[1] ?? ""));
      left = found.column;
      isItem = false;
    }
    enter(found.columns);
    if (left === 0 && !isItem) break;
  }
  return path;
}

/**
 * Where the end of a text is between brackets.
 * @param {string} text Behind a key, or where a key may begin.
 * @returns {{path: string[], isValue: boolean, isOpen: boolean, word: string} | null} null within quotes.
 */
function flow(text) {
  /** @type {{isMap: boolean, key: string}[]} */
  const open = [];
  let word = "";
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? "";
    const frame = open.at(-1);
    if ((char === '"' || char === "'") && word === "") {
      const end = text.indexOf(char, at + 1);
      if (end < 0) return null;
      word = text.slice(at, end + 1);
      at = end;
    } else if (char === "{" || char === "[") {
      open.push({ isMap: char === "{", key: "" });
      word = "";
    } else if ((char === "}" || char === "]") && frame) {
      open.pop();
      word = "";
    } else if (char === "," && frame) {
      frame.key = "";
      word = "";
    } else if (char === ":" && frame?.isMap && /\s|$/.test(text[at + 1] ?? "")) {
      frame.key = unquoted(word);
      word = "";
    } else if (char.trim() === "") word = word && frame ? `${word}${char}` : word && `${word}${char}`;
    else word += char;
  }
  const path = open.flatMap(({ isMap, key }) => (isMap ? (key ? [key] : []) : [ITEM]));
  const last = open.at(-1);
  return { path, isValue: last ? !last.isMap || last.key !== "" : false, isOpen: open.length > 0, word: word.trimStart() };
}

/** @param {string} text */
function unquoted(text) {
  const trimmed = text.trim();
  return /^(["']).*\1$/.test(trimmed) ? trimmed.slice(1, -1) : trimmed;
}

/**
 * The schemas that may hold at a path: several where a value may have several forms.
 * @param {Schema} root
 * @param {string[]} path
 */
export function schemasAt(root, path) {
  let found = forms(root, root);
  for (const key of path) {
    found = found.flatMap((schema) => {
      const more = schema.additionalProperties;
      const inner = key === ITEM ? schema.items : (schema.properties?.[key] ?? (typeof more === "object" ? more : undefined));
      return inner ? forms(root, inner) : [];
    });
  }
  return found;
}

/**
 * A schema and those it refers to or consists of. A description beside a reference goes with what is referred to.
 * @param {Schema} root
 * @param {Schema} schema
 * @param {number} [depth]
 * @returns {Schema[]}
 */
function forms(root, schema, depth = 0) {
  if (depth > 8) return [];
  const named = schema.$ref ? root.$defs?.[schema.$ref.replace("#/$defs/", "")] : undefined;
  const parts = [...(named ? [named] : []), ...(schema.allOf ?? []), ...(schema.anyOf ?? [])];
  return [schema, ...parts.flatMap((part) => forms(root, part, depth + 1))];
}

/**
 * The keys that a mapping can have at a path, each with its description.
 * @param {Schema} root
 * @param {string[]} path
 */
export function keysAt(root, path) {
  /** @type {Map<string, string>} */
  const keys = new Map();
  for (const { properties = {} } of schemasAt(root, path)) {
    for (const [key, schema] of Object.entries(properties)) {
      const about = forms(root, schema).find(({ description }) => description)?.description ?? "";
      if (!keys.has(key)) keys.set(key, about);
    }
  }
  return keys;
}

/**
 * The values that the schema names at a path.
 * @param {Schema} root
 * @param {string[]} path
 */
export function valuesAt(root, path) {
  const found = schemasAt(root, path).flatMap((schema) => [
    ...(schema.enum ?? []),
    ...(schema.const === undefined ? [] : [schema.const]),
    ...(schema.type === "boolean" ? [true, false] : []),
    ...(schema.examples ?? []),
  ]);
  return [...new Set(found.map(String))];
}

/**
 * What the schema says of the key at the end of a path; "" if nothing.
 * @param {Schema} root
 * @param {string[]} path
 */
export function aboutKey(root, path) {
  return keysAt(root, path.slice(0, -1)).get(path.at(-1) ?? "") ?? "";
}

/**
 * Whether names of models stand at a path.
 * @param {string[]} path
 */
export function isModelPlace(path) {
  return /^agents\/[^/]+\/(?:model|title_model|fallback\/models\/\[\])$|\/first_available\/\[\]$/.test(path.join("/"));
}
