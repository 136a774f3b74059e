// What renders answers. It is loaded after the page has started.

export { PageParts } from "./page-parts.js";
export { Stream } from "./stream.js";
