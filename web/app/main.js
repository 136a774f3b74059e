// The page: makes its rooms and gives them the workbench. A room is one line here.

import "./shared.js";
import { AgentsRoom } from "./agents/room.js";
import { Suggestion } from "./agents/suggestion.js";
import { callWhenHidden } from "./asking/attention.js";
import { StripView } from "./chain/strip-view.js";
import { Chats } from "./chats/chats.js";
import { Kept } from "./chats/kept.js";
import { Composer } from "./composer/composer.js";
import { turnActions } from "./composer/turn-actions.js";
import { byId } from "./dom.js";
import { documentsRoom } from "./documents/room.js";
import { Drawer } from "./frame/drawer.js";
import { allowOnlySandboxFrame } from "./frame-policy.js";
import { handleEscape } from "./frame/escape.js";
import { noteProblems } from "./frame/problem-note.js";
import { Rail } from "./frame/rail.js";
import { StatusView } from "./frame/status-view.js";
import { Speaker } from "./frame/speaker.js";
import { Talk } from "./frame/talk.js";
import { chooseTheme } from "./frame/theme.js";
import { KeyQuestions } from "./keys/key-questions.js";
import { keysRoom } from "./keys/room.js";
import { hoodRoom } from "./hood/room.js";
import { Workbench } from "./workbench.js";

const button = (/** @type {string} */ id) => byId(id, HTMLButtonElement);
const drawer = (/** @type {string} */ name, /** @type {(isOpen: boolean) => void} */ onToggle = () => {}) =>
  new Drawer(byId(`${name}-drawer`, HTMLDialogElement), button(`open-${name}`), onToggle);

const keyQuestions = new KeyQuestions(byId("key-questions", HTMLElement), {
  ask: () => {
    if (workbench.turn) workbench.setPhase("running", "A question needs your answer");
  },
  answer: () => composer.focus(),
});
const workbench = new Workbench(keyQuestions);
const kept = new Kept();

// The frame.
const status = new StatusView(byId("status", HTMLElement), byId("boot", HTMLProgressElement));
workbench.subscribe({
  phase: (phase, text) => status.set(phase, text),
  progress: (progress) => {
    if (workbench.phase === "booting") workbench.setPhase("booting", `${progress.message}…`);
    status.progress(progress);
  },
});
const rail = new Rail(byId("rail", HTMLElement), button("open-rail"));
chooseTheme(byId("theme", HTMLSelectElement), kept);
handleEscape(rail, () => workbench.stop());
button("new-chat").addEventListener("click", () => {
  workbench.newChat();
  composer.focus();
});

// The talk. It folds the events of a turn, so it comes before whatever reads them folded.
new Talk(
  {
    box: byId("transcript", HTMLElement),
    welcome: byId("welcome", HTMLElement),
    greeting: byId("greeting", HTMLElement),
    latest: button("latest"),
  },
  workbench,
  () => {
    if (workbench.turn) workbench.setPhase("running", "Going on…");
    composer.focus();
  },
  (turn) =>
    turnActions(turn, {
      models: () => workbench.session?.models ?? [],
      retry: (again) => composer.retry(again),
      edit: (edited) => composer.edit(edited),
      askOther: (again, model) => void composer.again(again, { model }),
      addKey: () => addKey(),
    }),
);

callWhenHidden(workbench);
const speaker = new Speaker(byId("spoken", HTMLElement));
workbench.subscribe({ event: (event) => speaker.push(event) });
// The conversations.
const chats = new Chats({ list: byId("chats", HTMLElement), notices: byId("chat-notices", HTMLElement) }, workbench, kept);

// The strip.
new StripView(byId("chain", HTMLElement), byId("cost", HTMLElement), workbench);

// The composer.
const composer = new Composer(
  {
    form: byId("composer", HTMLFormElement),
    prompt: byId("prompt", HTMLTextAreaElement),
    send: button("send"),
    stop: button("stop"),
    tools: byId("composer-tools", HTMLElement),
    above: byId("composer-above", HTMLElement),
    dropzone: byId("conversation", HTMLElement),
  },
  workbench,
);
documentsRoom(byId("documents", HTMLElement), workbench);

// The drawers.
const agents = drawer("agents", (isOpen) => void agentsRoom.toggled(isOpen));
button("agent").addEventListener("click", () => agents.open());
const agentsRoom = new AgentsRoom(
  {
    panel: byId("agents-panel", HTMLElement),
    yaml: byId("agent-yaml", HTMLTextAreaElement),
    problem: byId("agent-problem", HTMLElement),
    name: byId("agent-name", HTMLElement),
  },
  workbench,
  (names) => keys.need(names),
);
const suggestion = new Suggestion(button("suggestion"), agentsRoom, () => composer.focus());

const keyDrawer = drawer("keys");
const keysPlace = { panel: byId("keys-drawer", HTMLElement), button: button("open-keys"), open: () => keyDrawer.open() };
const keys = keysRoom(keysPlace, workbench);
function addKey() {
  keyDrawer.open();
  keys.focusMissing();
}
button("own-key").addEventListener("click", addKey);
noteProblems({ note: button("problem-note"), chain: byId("chain", HTMLElement) }, workbench, {
  showFile: () => agents.open(),
  addKey,
});

const hood = hoodRoom(
  {
    list: byId("log", HTMLElement),
    filter: byId("log-filter", HTMLInputElement),
    count: byId("log-count", HTMLElement),
  },
  workbench,
);
drawer("hood", (isOpen) => hood.show(isOpen));

allowOnlySandboxFrame();
workbench.expectAgent(agentsRoom.loadFirst(chats.typing.newAgent));
chats.begin();
void workbench.start();

// What was pressed before this script has run (first.js).
const { dataset } = document.documentElement;
dataset["listens"] = "";
performance.mark("page runs");
if (dataset["pressed"] === "send") composer.submit();
else if (dataset["pressed"] === "demo") void suggestion.send();
