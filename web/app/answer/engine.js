// What renders answers. It is loaded after the page has started.

import "../shared.js";
export { CodeBlock } from "./code-block.js";
export { PageParts } from "./page-parts.js";
export { Stream } from "./stream.js";
export { tableBox } from "./table-box.js";
