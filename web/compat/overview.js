// parseConfig and listAgents without Python: docker-agent answers them at once, so pages written for it do not await.
// The runtime checks the file when a session is created; here only its outline is read.

import { CORE_SCHEMA, load, mergeTag, omapTag, realMapTag } from "js-yaml";

/** @typedef {Omit<import("../sparewheel.js").ParsedConfig, "reach" | "key_line">} Outline */

const MAX_CHARS = 1024 * 1024; // the limit of the runtime, too
const SCHEMA = CORE_SCHEMA.withTags(mergeTag, omapTag, realMapTag); // a Map keeps the order of names that are numbers

/**
 * @param {string} yaml
 * @returns {Outline}
 */
export function parseConfig(yaml) {
  const file = outline(yaml);
  const agents = entries(file, "agents").map(([name, agent]) => ({
    name,
    description: text(agent, "description"),
    model: text(agent, "model"),
    instruction: text(agent, "instruction"),
    sub_agents: texts(agent, "sub_agents"),
    handoffs: texts(agent, "handoffs"),
    add_date: agent.get("add_date") === true,
    add_env_info: agent.get("add_environment_info") === true,
    fallback: { models: texts(mapping(agent.get("fallback")), "models") },
  }));
  const models = entries(file, "models").map(([name, model]) => [
    name,
    { provider: text(model, "provider") || text(model, "type"), model: text(model, "model"), base_url: text(model, "base_url") },
  ]);
  return { version: String(file.get("version") ?? ""), agents, models: Object.fromEntries(models) };
}

/**
 * @param {string} yaml
 * @returns {import("../sparewheel.js").AgentSummary[]}
 */
export function listAgents(yaml) {
  return parseConfig(yaml).agents.map(({ name, model, description, instruction }) => ({ name, model, description, instruction }));
}

/**
 * @param {string} yaml
 * @returns {Map<unknown, unknown>}
 */
function outline(yaml) {
  if (yaml.length > MAX_CHARS) throw new Error(`The agent file is longer than ${MAX_CHARS} characters.`);
  let file;
  try {
    file = load(yaml, { schema: SCHEMA });
  } catch (error) {
    const { reason = String(error), mark } = /** @type {import("js-yaml").YAMLException} */ (error);
    const where = mark ? `line ${mark.line + 1}, column ${mark.column + 1}: ` : "";
    throw new Error(`The agent file is not valid YAML: ${where}${reason}`, { cause: error });
  }
  if (!(file instanceof Map)) throw new Error("The agent file is not a mapping.");
  if (mapping(file.get("agents")).size === 0) throw new Error("The agent file is not valid: agents is missing");
  return file;
}

/**
 * @param {unknown} value
 * @returns {Map<unknown, unknown>} An empty one for anything else.
 */
function mapping(value) {
  return value instanceof Map ? value : new Map();
}

/**
 * @param {Map<unknown, unknown>} file
 * @param {string} key
 * @returns {[string, Map<unknown, unknown>][]}
 */
function entries(file, key) {
  return [...mapping(file.get(key))].map(([name, value]) => [String(name), mapping(value)]);
}

/**
 * @param {Map<unknown, unknown>} within
 * @param {string} key
 */
function text(within, key) {
  const value = within.get(key);
  return typeof value === "string" ? value : "";
}

/**
 * @param {Map<unknown, unknown>} within
 * @param {string} key
 * @returns {string[]}
 */
function texts(within, key) {
  const value = within.get(key);
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
