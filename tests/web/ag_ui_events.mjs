// Prints the AG-UI events of random turns: a JSON array a line, one line for each seed from 0 to the number given.

import { toAGUIEvents } from "../../web/adapters/ag-ui.js";
import { randomLog } from "./event_logs.mjs";

for (let seed = 0; seed < Number(process.argv[2]); seed++) {
  const events = toAGUIEvents(randomLog(seed), { threadId: "thread", messages: [] });
  console.log(JSON.stringify(events));
}
