// Reads an exported conversation from stdin, writes what the page folds of its turns.

import { text } from "node:stream/consumers";

import { storedChat } from "../../web/app/chats/stored-turns.js";
import { fold } from "../../web/fold.js";

const { turns } = storedChat(JSON.parse(await text(process.stdin)));
process.stdout.write(JSON.stringify(turns.map(({ events }) => fold(events))));
