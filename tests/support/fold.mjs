// Folds each of many lists of events with web/fold.js: JSON on stdin, snapshots after every event as JSON on stdout.

import { createTranscript } from "../../web/fold.js";

let text = "";
for await (const chunk of process.stdin.setEncoding("utf8")) text += chunk;
const folded = JSON.parse(text).map((events) => {
  const transcript = createTranscript();
  return events.map((event, index) => {
    transcript.push(event, index * 10);
    return { ...transcript.snapshot(), asked: transcript.message };
  });
});
process.stdout.write(JSON.stringify(folded));
