// What was sent, as its turn shows it: the text, and the files by name, pictures in small.

import { make } from "../dom.js";
import { sizeText } from "./names.js";
import { nameIn, textOf } from "./prompt-text.js";

/**
 * @typedef {import("../../sparewheel.js").Prompt} Prompt
 * @typedef {import("../../sparewheel.js").ContentPart} ContentPart
 * @typedef {import("../../sparewheel.js").FileSource} FileSource
 */

const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/**
 * @param {Prompt} prompt
 * @returns {HTMLElement[]} Empty for an empty prompt.
 */
export function said(prompt) {
  const text = textOf(prompt);
  const line = make("p", { class: "said", text });
  line.dir = "auto";
  const files = typeof prompt === "string" ? [] : prompt.filter(({ type }) => type !== "text");
  if (files.length === 0) return text ? [line] : [];
  const list = make("ul", { class: "chips sent" }, ...files.map(sent));
  list.ariaLabel = "Files sent";
  return text ? [line, list] : [list];
}

/** @param {ContentPart} part */
function sent(part) {
  const name = nameIn(part);
  const item = make("li", { class: "chip" }, make("span", { class: "chip-name", text: name }));
  const size = sizeIn(part);
  if (size !== null) item.append(make("span", { class: "chip-detail", text: sizeText(size) }));
  const address = pictureIn(part);
  if (address === null) return item;
  const picture = make("img", { class: "sent-picture" });
  picture.alt = name;
  const forget = () => address.startsWith("blob:") && URL.revokeObjectURL(address);
  picture.addEventListener("load", forget);
  picture.addEventListener("error", () => {
    forget();
    picture.remove();
  });
  picture.src = address;
  item.prepend(picture);
  return item;
}

/**
 * @param {ContentPart} part
 * @returns {number | null} In bytes.
 */
function sizeIn(part) {
  if (part.type !== "file") return null;
  const { size } = /** @type {{size?: unknown}} */ (part.file);
  return typeof size === "number" ? size : null;
}

/**
 * The address of a picture that the page has, and does not load from elsewhere.
 * @param {ContentPart} part
 */
function pictureIn(part) {
  if (part.type === "text") return null;
  if (part.type === "image_url") return part.image_url.url.startsWith("data:image/") ? part.image_url.url : null;
  const { file } = part;
  if (file instanceof Blob) return PICTURES.includes(file.type) ? URL.createObjectURL(file) : null;
  if (file instanceof ArrayBuffer || ArrayBuffer.isView(file)) return null;
  const { mime_type = "", data } = file;
  return typeof data === "string" && data && PICTURES.includes(mime_type) ? `data:${mime_type};base64,${data}` : null;
}
