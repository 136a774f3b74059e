// The page: wires the parts together.

import { BUILD, keepOffline, SparewheelError } from "../sparewheel.js";
import { BUILD as OWN } from "../boot/build.js";
import { ChainView } from "./chain-view.js";
import { Conversation } from "./conversation.js";
import { byId, followEnd, make } from "./dom.js";
import { ExamplesView } from "./examples-view.js";
import { KeyQuestions } from "./key-questions.js";
import { KeysView } from "./keys-view.js";
import { LogView } from "./log-view.js";
import { StatusView } from "./status-view.js";
import { TurnView } from "./turn-view.js";
import { visible } from "./visible.js";

/** After the last keystroke in the agent file; then it is checked. */
const SETTLE_MS = 500;

const prompt = byId("prompt", HTMLTextAreaElement);
const send = byId("send", HTMLButtonElement);
const stop = byId("stop", HTMLButtonElement);
const transcript = byId("transcript", HTMLElement);
const welcome = byId("welcome", HTMLElement);
const greeting = byId("greeting", HTMLElement);
const usualGreeting = greeting.textContent;
const agentYaml = byId("agent-yaml", HTMLTextAreaElement);
const agentProblem = byId("agent-problem", HTMLElement);

const status = new StatusView(byId("status", HTMLElement), byId("boot", HTMLProgressElement));
const chain = new ChainView(byId("chain", HTMLElement));
const log = new LogView(byId("log", HTMLElement), byId("log-filter", HTMLInputElement), byId("log-count", HTMLElement));
const keys = new KeysView(byId("keys", HTMLElement), byId("add-key", HTMLButtonElement), agentChanged);
const examples = new ExamplesView(
  byId("example", HTMLSelectElement),
  byId("example-about", HTMLElement),
  agentYaml,
  ({ needs }) => {
    keys.offer(needs.filter((name) => /^[A-Z0-9_]+$/.test(name)));
    agentChanged();
  },
);
const follow = followEnd(transcript);
const keyQuestions = new KeyQuestions(byId("key-questions", HTMLElement), {
  ask: () => {
    if (running) status.set("running", "A question needs your answer");
  },
  answer: () => prompt.focus(),
});
const conversation = new Conversation((progress) => status.progress(progress), keyQuestions);

/** @type {{control: AbortController, view: TurnView} | null} The turn that is running. */
let running = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let settling;
let turnsOfSession = 0;
/** Settles when the agent box has something in it. */
const loaded = examples.load().catch((error) => showProblem(`The examples did not load: ${error.message}`));

/** @param {unknown} thrown */
function known(thrown) {
  if (thrown instanceof SparewheelError) return thrown;
  return new SparewheelError({ message: thrown instanceof Error ? thrown.message : String(thrown) });
}

/** The session for the agent file in the box; shows the errors of the file. */
async function openSession() {
  clearTimeout(settling);
  await loaded;
  try {
    const { session, isNew } = await conversation.session(agentYaml.value, keys.values);
    showProblem("");
    if (isNew) showNewSession(session);
    return session;
  } catch (thrown) {
    const { message, hint, kind, key_requests: refused } = known(thrown);
    if (kind === "config") showProblem(refused ? `${message}\nSend a prompt to be asked again.` : `${message}\n${hint}`.trim());
    throw thrown;
  }
}

/** @param {import("../sparewheel.js").Session} session */
function showNewSession({ models, welcomeMessage }) {
  chain.reset(models);
  greeting.textContent = welcomeMessage || usualGreeting;
  if (turnsOfSession === 0) return;
  turnsOfSession = 0;
  const divider = make("p", { class: "divider", text: "A new conversation: the agent has changed" });
  if (running) running.view.element.before(divider);
  else transcript.append(divider);
}

/** @param {string} text */
function showProblem(text) {
  agentProblem.textContent = text;
  agentProblem.hidden = text === "";
  agentYaml.ariaInvalid = String(text !== "");
}

function agentChanged() {
  clearTimeout(settling);
  settling = setTimeout(() => {
    if (!running) openSession().catch(() => {}); // the error is shown below the agent file
  }, SETTLE_MS);
}

/** @param {string} text */
async function takeTurn(text) {
  if (running || text.trim() === "") return;
  const control = new AbortController();
  keyQuestions.reconsider();
  welcome.remove();
  /** @type {import("../sparewheel.js").Session | undefined} */
  let session;
  const view = new TurnView(transcript, text, follow, {
    confirm: async (confirmation) => session?.confirm(confirmation),
    respond: async (answer) => session?.respondToElicitation(answer),
    answered: () => prompt.focus(),
  });
  running = { control, view };
  showRunning(true);
  try {
    session = await Promise.race([openSession(), stopped(control.signal)]);
    turnsOfSession += 1;
    status.set("running", "Asking…");
    for await (const event of session.stream(text, { signal: control.signal })) {
      view.push(event);
      chain.push(event, view.transcript);
      log.push(event);
      announce(event);
    }
  } catch (thrown) {
    const error = known(thrown);
    if (error.kind === "aborted") view.stopped();
    else view.fail(error);
    status.set(error.kind === "aborted" ? "stopped" : "error", error.kind === "aborted" ? "Stopped" : "Failed");
  } finally {
    running = null;
    showRunning(false);
  }
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<never>}
 */
function stopped(signal) {
  const error = new SparewheelError({ kind: "aborted", message: "aborted" });
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(error)));
}

/** @param {import("../sparewheel.js").Event} event */
function announce(event) {
  if (event.type === "delta") status.set("running", "Answering…");
  else if (event.type === "tool_call") status.set("running", `Running ${visible(event.name)}…`);
  else if (event.type === "tool_confirmation") status.set("running", `${event.name} needs your approval`);
  else if (event.type === "elicitation") status.set("running", "A question needs your answer");
  else if (event.type === "step") status.set("running", "Asking…");
  else if (event.type === "hedge") status.set("running", `${event.from} is slow; asking ${event.to} as well`);
  else if (event.type === "offline") status.set("running", "You are offline; waiting for the network…");
  else if (event.type === "resumed") status.set("running", `Reconnected to ${event.model}`);
  else if (event.type === "retry") status.set("running", `${event.model} failed; asking it again`);
  else if (event.type === "fallback") status.set("running", `${event.from} failed; asking ${event.to}`);
  else if (event.type === "finish") status.set("done", `Answered by ${event.model}`);
  else if (event.type === "error") status.set("error", "Failed");
  else if (event.type === "aborted") status.set("stopped", "Stopped");
}

/** @param {boolean} isRunning */
function showRunning(isRunning) {
  const hadFocus = document.activeElement === stop || document.activeElement === send;
  send.disabled = isRunning;
  stop.hidden = !isRunning;
  if (hadFocus) (isRunning ? stop : prompt).focus();
}

/** Whether the page, this script and the runtime's are of one build: a deploy may have come between them. */
function isOneBuild() {
  const page = document.querySelector('meta[name="build"]')?.getAttribute("content");
  return page === OWN && OWN === BUILD;
}

async function boot() {
  if (!isOneBuild()) {
    status.set("error", "Could not start");
    const message = "a new version was deployed while the page was being loaded";
    showBootFailure(new SparewheelError({ message, hint: "Reload the page." }));
    return;
  }
  status.set("booting", "Starting…");
  try {
    await conversation.start();
  } catch (thrown) {
    if (running) return; // the turn shows the error
    status.set("error", "Could not start");
    showBootFailure(known(thrown));
    return;
  }
  void keepOffline();
  if (running) return; // a prompt was waiting for this
  status.set("ready", "Ready");
  openSession().catch(() => {}); // the error is shown below the agent file
}

/** @param {SparewheelError} error */
function showBootFailure({ message, hint }) {
  const again = make("button", { text: "Start again" });
  again.type = "button";
  const box = make("div", { class: "failure" }, make("p", { class: "message", text: message }), make("p", { text: hint }), again);
  box.setAttribute("role", "alert");
  again.addEventListener("click", () => {
    box.remove();
    prompt.focus();
    void boot();
  });
  transcript.append(box);
}

function submit() {
  if (running) return;
  const text = prompt.value;
  if (text.trim() !== "") prompt.value = "";
  void takeTurn(text);
}

byId("composer", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
prompt.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  submit();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") running?.control.abort();
});
stop.addEventListener("click", () => running?.control.abort());
byId("suggestion", HTMLButtonElement).addEventListener("click", () => {
  prompt.focus();
  void takeTurn("Hello!");
});
agentYaml.addEventListener("input", agentChanged);
void boot();
