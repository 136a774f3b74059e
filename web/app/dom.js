import { namesHost } from "./host-names.js";

/**
 * The element of the page with this id.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function byId(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} #${id}`);
  return found;
}

/**
 * A new element. Text is text: nothing that comes from a model or a file is ever read as HTML.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {{class?: string, text?: string}} [options]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(name, { class: className, text } = {}, ...children) {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text) element.append(text);
  element.append(...children);
  return element;
}

/**
 * A link to another site, which does not learn where it was followed. Only the text, if the URL is not one of http or https.
 * @param {string} url
 * @param {string} text The host follows it, unless the text names it.
 */
export function externalLink(url, text) {
  const target = URL.parse(url);
  if (!target || !/^https?:$/.test(target.protocol)) return make("bdi", { text });
  const link = make("a", {}, make("bdi", { text }));
  if (!namesHost(text, target.host)) link.append(make("bdi", { class: "host", text: ` (${target.host})` }));
  link.href = url;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  return link;
}

/** A hidden tab has no frames; then this often is enough. */
const HIDDEN_MS = 250;

/** @type {Set<() => void>} What is to be done in the next frame. */
const asked = new Set();
let isListening = false;

/**
 * Collect work until the next frame.
 * @param {() => void} flush
 * @returns {() => void} Asks for a flush; asking twice within a frame is asking once.
 */
export function perFrame(flush) {
  if (!isListening) {
    isListening = true;
    document.addEventListener("visibilitychange", () => [...asked].forEach((run) => run()));
  }
  const run = () => {
    if (asked.delete(run)) flush();
  };
  return () => {
    if (asked.has(run)) return;
    asked.add(run);
    if (document.hidden) setTimeout(run, HIDDEN_MS);
    else requestAnimationFrame(run);
  };
}
