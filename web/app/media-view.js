import { externalLink, make } from "./dom.js";
import { label } from "./visible.js";

const UNKNOWN = "application/octet-stream";

/**
 * A picture, a sound or a film is shown, any other file is a link that saves it; media that a server only refers to are
 * a link, because the page loads nothing from elsewhere.
 * @param {import("../sparewheel.js").MediaShape} media
 * @param {number} number From 1, in the owner.
 * @param {"answer" | "result"} owner
 */
export function mediaView({ mime_type, size, name, blob, url }, number, owner = "answer") {
  const what = name ? label(name) : `${nameOf(mime_type)} ${number} of the ${owner}`;
  const type = name && mime_type === UNKNOWN ? "" : label(mime_type);
  const caption = make("figcaption", { text: [what, type, sizeOf(size)].filter(Boolean).join(", ") });
  const figure = make("figure", { class: "media" });
  if (!blob) return fill(figure, externalLink(url ?? "", caption.textContent), null);
  const address = URL.createObjectURL(blob);
  if (mime_type.startsWith("image/")) {
    const picture = make("img");
    picture.alt = what;
    picture.src = address;
    if (mime_type !== "image/svg+xml") return fill(figure, picture, caption);
    // In a tab of its own, it could run scripts as this page does.
    picture.addEventListener("load", () => URL.revokeObjectURL(address));
    return fill(figure, drawing(picture), caption);
  }
  const player = mime_type.startsWith("audio/") ? make("audio") : mime_type.startsWith("video/") ? make("video") : null;
  if (player) {
    player.controls = true;
    player.src = address;
    player.ariaLabel = what;
    return fill(figure, player, caption);
  }
  const save = make("a", { text: `Save ${caption.textContent}` });
  save.href = address;
  save.download = name ? what : `${owner}-${number}`;
  return fill(figure, save, null);
}

/**
 * A drawing in a box that scrolls: on a narrow screen its texts could not be read if it was as narrow as that.
 * @param {HTMLImageElement} picture
 */
function drawing(picture) {
  const box = make("div", { class: "drawing" }, picture);
  box.tabIndex = 0;
  box.role = "region";
  box.ariaLabel = picture.alt;
  return box;
}

/**
 * @param {HTMLElement} figure
 * @param {HTMLElement} content
 * @param {HTMLElement | null} caption
 */
function fill(figure, content, caption) {
  figure.append(content, ...(caption ? [caption] : []));
  return figure;
}

/** @param {string} type */
function nameOf(type) {
  if (type.startsWith("image/")) return "Picture";
  if (type.startsWith("audio/")) return "Sound";
  return type.startsWith("video/") ? "Film" : "File";
}

/** @param {number | null} bytes */
function sizeOf(bytes) {
  if (bytes === null) return "";
  return bytes < 1e6 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
