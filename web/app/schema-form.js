import { make } from "./dom.js";
import { isExact } from "./exact.js";
import { tokensOf } from "./pretty.js";
import { visible } from "./visible.js";

/**
 * @typedef {Record<string, any>} Schema
 * @typedef {object} Field
 * @property {HTMLElement} element
 * @property {() => unknown} read Its value; undefined when nothing was filled in.
 */

/** @type {Record<string, string>} JSON schema's formats that the browser has an input for. */
const FORMATS = { email: "email", uri: "url", date: "date", "date-time": "datetime-local" };
/** A text that may be longer than this gets more than a line. */
const LINE_CHARS = 200;
let made = 0;

/**
 * A form for the flat objects that elicitation knows: texts, numbers, booleans and choices. Anything else is typed as
 * JSON.
 * @param {Schema} schema
 * @returns {{elements: HTMLElement[], read: () => Record<string, any>}} `read` throws what is wrong with the input.
 */
export function schemaForm(schema) {
  const properties = Object.entries(schema["properties"] ?? {});
  const required = new Set(Array.isArray(schema["required"]) ? schema["required"] : []);
  const fields = properties.map(([name, shape]) => ({ name, ...fieldFor(name, Object(shape), required.has(name)) }));
  return {
    elements: fields.map(({ element }) => element),
    read() {
      /** @type {Record<string, any>} */
      const content = {};
      for (const { name, read } of fields) {
        const value = read();
        if (value !== undefined) content[name] = value;
      }
      return content;
    },
  };
}

/**
 * @param {string} name
 * @param {Schema} schema
 * @param {boolean} required
 * @returns {Field}
 */
function fieldFor(name, schema, required) {
  const title = visible(String(schema["title"] ?? name));
  const choices = choicesOf(schema);
  if (choices) return choice(title, schema, choices, required);
  switch (schema["type"]) {
    case "boolean":
      return tick(title, schema);
    case "number":
    case "integer":
      return number(title, schema, required);
    case "string":
      return text(title, schema, required);
    default:
      return json(title, schema, required);
  }
}

/**
 * @param {Schema} schema
 * @returns {{value: unknown, title: string}[] | null}
 */
function choicesOf(schema) {
  const { enum: values, enumNames, oneOf } = schema;
  if (Array.isArray(values)) return values.map((value, at) => ({ value, title: String(enumNames?.[at] ?? value) }));
  if (Array.isArray(oneOf) && oneOf.every((option) => option && "const" in option)) {
    return oneOf.map((option) => ({ value: option.const, title: String(option.title ?? option.const) }));
  }
  return null;
}

/**
 * @param {string} title
 * @param {Schema} schema
 * @param {{value: unknown, title: string}[]} choices
 * @param {boolean} required
 */
function choice(title, schema, choices, required) {
  const select = make("select");
  select.required = required;
  select.append(new Option(required ? "Choose…" : "(none)", ""));
  for (const [at, { value, title: name }] of choices.entries()) {
    select.append(new Option(visible(name), String(at), false, value === schema["default"]));
  }
  return field(title, schema, select, () => choices[Number(select.value || NaN)]?.value);
}

/**
 * @param {string} title
 * @param {Schema} schema
 */
function tick(title, schema) {
  const input = make("input");
  input.type = "checkbox";
  input.checked = schema["default"] === true;
  return field(title, schema, input, () => input.checked);
}

/**
 * @param {string} title
 * @param {Schema} schema
 * @param {boolean} required
 */
function number(title, schema, required) {
  const input = make("input");
  input.type = "number";
  input.required = required;
  input.step = schema["type"] === "integer" ? "1" : "any";
  if (typeof schema["minimum"] === "number") input.min = String(schema["minimum"]);
  if (typeof schema["maximum"] === "number") input.max = String(schema["maximum"]);
  if (typeof schema["default"] === "number") input.value = String(schema["default"]);
  return field(title, schema, input, () => (input.value === "" ? undefined : exactly(title, input.value)));
}

/**
 * The number that the user wrote. Throws if another one would be sent.
 * @param {string} title
 * @param {string} written
 */
function exactly(title, written) {
  if (!isExact(written)) throw new Error(`${title}: ${written} would be rounded; write fewer digits`);
  return Number(written);
}

/**
 * @param {string} title
 * @param {Schema} schema
 * @param {boolean} required
 */
function text(title, schema, required) {
  const { format, minLength, maxLength } = schema;
  const input = maxLength > LINE_CHARS ? make("textarea") : make("input");
  if (input instanceof HTMLInputElement) input.type = FORMATS[format] ?? "text";
  input.required = required;
  if (minLength > 0) input.minLength = minLength;
  if (maxLength > 0) input.maxLength = maxLength;
  if (typeof schema["default"] === "string") input.value = schema["default"];
  input.autocomplete = "off";
  const read = () => (format === "date-time" && input.value ? new Date(input.value).toISOString() : input.value);
  return field(title, schema, input, () => (input.value === "" && !required ? undefined : read()));
}

/**
 * @param {string} title
 * @param {Schema} schema
 * @param {boolean} required
 */
function json(title, schema, required) {
  const input = make("textarea");
  input.required = required;
  input.placeholder = "JSON";
  if (schema["default"] !== undefined) input.value = JSON.stringify(schema["default"]);
  return field(title, schema, input, () => {
    if (input.value.trim() === "") return undefined;
    const tokens = tokensOf(input.value);
    if (!tokens) throw new Error(`${title}: this is not JSON`);
    for (const token of tokens) if (/^[-\d]/.test(token)) exactly(title, token);
    return JSON.parse(input.value);
  });
}

/**
 * @param {string} title
 * @param {Schema} schema
 * @param {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} input
 * @param {() => unknown} read
 * @returns {Field}
 */
function field(title, schema, input, read) {
  input.id = `field-${++made}`;
  const label = make("label", { text: input.required ? `${title} (required)` : title });
  label.htmlFor = input.id;
  const isTick = input.type === "checkbox";
  const parts = isTick ? [input, label] : [label, input];
  const element = make("div", { class: isTick ? "field tick" : "field" }, ...parts);
  if (typeof schema["description"] === "string") {
    const about = make("p", { class: "about", text: visible(schema["description"]) });
    about.id = `${input.id}-about`;
    input.setAttribute("aria-describedby", about.id);
    element.append(about);
  }
  return { element, read };
}
