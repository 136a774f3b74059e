// Where the chain of an agent stands in the text of its file. What the form could not change is refused here.

import { isAlias, isMap, isScalar, isSeq, parseDocument } from "yaml";

/**
 * @typedef {typeof SETTINGS[number]} Setting
 * @typedef {import("yaml").YAMLMap<import("yaml").Node, import("yaml").Node | null>} Map
 * @typedef {import("yaml").Pair<import("yaml").Node, import("yaml").Node | null>} Pair
 *
 * @typedef {object} Chain
 * @property {string[]} models The first is the primary one.
 * @property {Record<Setting, string>} settings As they are written; "" if they are not.
 *
 * @typedef {object} Place Where the parts of a chain stand.
 * @property {Map} agent
 * @property {Pair} model
 * @property {Pair | undefined} fallback
 * @property {Pair | undefined} models
 */

/** Why the form cannot change a file. The file itself can be edited. */
export class NotEditable extends Error {}

/** Characters; the form is for files that people write. */
const MAX_CHARS = 32 * 1024;
const MAX_BRACKETS = 1_000;
/** The settings of `fallback` that the form shows. */
export const SETTINGS = /** @type {const} */ (["retries", "cooldown", "hedge_after"]);

/** The documents that were read last, by their text: a form reads the same text again and again. */
const recent = /** @type {globalThis.Map<string, import("yaml").Document.Parsed>} */ (new globalThis.Map());

/**
 * @param {string} text
 * @returns {import("yaml").Document.Parsed}
 * @throws {NotEditable}
 */
export function documentOf(text) {
  const known = recent.get(text);
  if (known) return known;
  if (text.length > MAX_CHARS || text.split(/[[{]/, MAX_BRACKETS + 1).length > MAX_BRACKETS) {
    throw new NotEditable("The file is too long for the form.");
  }
  let document;
  try {
    document = parseDocument(text, { keepSourceTokens: true, logLevel: "silent", uniqueKeys: false });
  } catch {
    throw new NotEditable("The file is not valid YAML.");
  }
  if (recent.size >= 2) recent.clear();
  recent.set(text, document);
  return document;
}

/**
 * @param {string} text
 * @returns {Map} The file.
 * @throws {NotEditable}
 */
export function read(text) {
  const { contents, errors } = documentOf(text);
  const [error] = errors;
  if (error) throw new NotEditable(`The file is not valid YAML: line ${error.linePos?.[0].line ?? 1}. Correct it there first.`);
  if (!isMap(contents)) throw new NotEditable("The file has no agents.");
  return /** @type {Map} */ (contents);
}

/**
 * @param {Map} file
 * @param {string} name
 * @returns {Place}
 */
export function find(file, name) {
  const agents = valueOf(pairOf(file, "agents"));
  if (!isMap(agents)) throw new NotEditable("The file has no agents.");
  own(agents, "agents");
  const agent = valueOf(pairOf(/** @type {Map} */ (agents), name));
  own(agent, name);
  if (!isMap(agent)) throw new NotEditable(`The file has no agent "${name}".`);
  const model = pairOf(/** @type {Map} */ (agent), "model");
  if (!model) throw new NotEditable("The agent has no model of its own.");
  own(model.value, "model");
  if (!isText(model.value)) throw new NotEditable("The agent's model is not a name.");
  const fallback = pairOf(/** @type {Map} */ (agent), "fallback");
  own(fallback?.value, "fallback");
  if (fallback && !isMap(fallback.value) && !isUnwritten(fallback.value)) throw new NotEditable("fallback is not a mapping.");
  const models = isMap(fallback?.value) ? pairOf(/** @type {Map} */ (fallback.value), "models") : undefined;
  own(models?.value, "models");
  if (models && !isSeq(models.value) && !isUnwritten(models.value)) throw new NotEditable("fallback.models is not a list.");
  return { agent: /** @type {Map} */ (agent), model, fallback, models };
}

/**
 * Refuse what stands elsewhere in the file as well.
 * @param {unknown} node
 * @param {string} name
 */
function own(node, name) {
  if (isAlias(node)) throw new NotEditable(`${name} is an alias (*${node.source}) of another part of the file.`);
  const { anchor, tag } = /** @type {{anchor?: string, tag?: string}} */ (node ?? {});
  if (anchor) throw new NotEditable(`${name} has an anchor (&${anchor}), by which other parts of the file may use it.`);
  if (tag && !tag.startsWith("tag:yaml.org")) throw new NotEditable(`${name} has a tag (${tag}).`);
  if (!isMap(node)) return;
  const keys = namesOf(/** @type {Pair} */ ({ value: node }));
  if (new Set(keys).size < keys.length) throw new NotEditable(`${name} has a key twice.`);
  if (keys.includes("<<")) throw new NotEditable(`${name} is merged from another part (<<).`);
}

/**
 * @param {Place} place
 * @returns {Chain}
 */
export function chainOf({ model, fallback, models }) {
  const items = isSeq(models?.value) ? models.value.items : [];
  for (const item of items) {
    own(item, "a model");
    if (!isText(item)) throw new NotEditable("fallback.models holds something that is not a name.");
  }
  const settings = /** @type {Record<Setting, string>} */ ({});
  for (const name of SETTINGS) {
    const value = isMap(fallback?.value) ? valueOf(pairOf(/** @type {Map} */ (fallback.value), name)) : null;
    own(value, name);
    if (value && !isScalar(value)) throw new NotEditable(`fallback.${name} is not a single value.`);
    settings[name] = isScalar(value) && value.value !== null ? (value.source ?? String(value.value)) : "";
  }
  const refs = [model.value, ...items].map((node) => /** @type {import("yaml").Scalar<string>} */ (node).value);
  return { models: refs, settings };
}

/**
 * @param {Map} map
 * @param {string} name
 * @returns {Pair | undefined}
 */
export function pairOf(map, name) {
  return map.items.find(({ key }) => isScalar(key) && String(key.source ?? key.value) === name);
}

/** @param {Pair | undefined} pair */
export function valueOf(pair) {
  return pair?.value ?? null;
}

/** @param {Pair | undefined} pair */
export function namesOf(pair) {
  const value = valueOf(pair);
  if (!isMap(value)) return [];
  return value.items.flatMap(({ key }) => (isScalar(key) ? [String(key.source ?? key.value)] : []));
}

/** @param {unknown} node */
function isText(node) {
  return isScalar(node) && typeof node.value === "string" && (node.type === "PLAIN" || String(node.type).startsWith("QUOTE_"));
}

/**
 * Whether a key has nothing behind it.
 * @param {unknown} node
 */
export function isUnwritten(node) {
  return node === null || (isScalar(node) && node.value === null && !node.source);
}

/** @param {{flow?: boolean | undefined}} collection */
export function isFlow(collection) {
  return collection.flow === true;
}

/**
 * @param {string} text
 * @param {import("yaml").Node | null} node
 * @returns {[number, number]} The characters of a value on one line.
 */
export function spanOf(text, node) {
  const [start = 0, end = 0] = node?.range ?? [];
  if (text.slice(start, end).includes("\n")) throw new NotEditable("A part of the chain is written over several lines.");
  return [start, end];
}
