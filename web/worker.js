// The module worker. The page first sends a `Boot` object, after that strings: commands and pieces as JSON text. It gets
// `BootMessage` objects while Python starts, then strings. A `Ping` object is answered by a `Pong` object at any time. Named
// "sparewheel early", the worker starts at once and holds its messages until the page sends the `Boot` object.

import { serve } from "./boot/serve.js";
// Imported here as well as by the modules that use them, so that all are downloaded at once.
import "./boot/boot.js";
import "./boot/build.js";
import "./boot/container.js";
import "./boot/late.js";
import "./boot/memory.js";
import "./boot/pyodide.js";
import "./boot/restore.js";
import "./boot/revive.js";
import "./boot/side-modules.js";
import "./assets/faults.js";
import "./assets/download.js";
import "./assets/sha256.js";
import "./assets/stages.js";
import { workerHost } from "./assets/worker-host.js";
import { Journal } from "./journal/journal.js";

Object.assign(self, { SparewheelJournal: Journal }); // for state/indexeddb.py

const receive = serve({
  script: import.meta.url, // not the worker's location, which may be a script that imports this one
  host: workerHost,
  post: (message) => self.postMessage(message),
  // The name, not a query of the URL: a service worker answers without the query, and then the location has none.
  early: self.name === "sparewheel early",
});
self.onmessage = ({ data }) => receive(data);
