// What the start of the page needs, and parts of it that are loaded late: these import this file, so that esbuild puts all
// of it into one chunk. Otherwise each set of parts that share a module gets a chunk, and the first visit a request more.

import "./agents/saved-agents.js";
import "./agents/share.js";
import "./answer/copy.js";
import "./asking/question-view.js";
import "./code-box.js";
import "./composer/attachments.js";
import "./composer/chip.js";
import "./documents/room.js";
import "./dom.js";
import "./hood/log-text.js";
import "./hood/save.js";
import "./growing-text.js";
import "./host-names.js";
import "./media-view.js";
import "./schema-form.js";
import "./visible.js";
