// What renders answers. It is loaded after the page has started.

import "../shared.js";
export { PageParts } from "./page-parts.js";
export { Stream } from "./stream.js";
