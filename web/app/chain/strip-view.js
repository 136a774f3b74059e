import { createTranscript } from "../../sparewheel.js";
import { make, perFrame } from "../dom.js";
import { label } from "../visible.js";
import { ChainState } from "./chain-state.js";
import { CostState } from "./cost-state.js";
import { LinkPopover } from "./link-popover.js";
import { describe, nextChange } from "./link-words.js";

/**
 * @typedef {import("./chain-state.js").Link} Link
 * @typedef {import("../workbench.js").Workbench} Workbench
 */

/** Events after which the session tells anew which models rest. */
const CHANGES = ["fallback", "skipped", "recovered", "handoff"];
const LIVE = ["asking", "answering", "pausing", "offline"];

/** The models of the chain in one line: a wheel, a name and one changing word for each. */
export class StripView {
  #list;
  #cost;
  #workbench;
  #state;
  #costs = new CostState();
  /** The fold of the last turn's events. */
  #transcript = createTranscript();
  /** What it gave last: between events only the time changes. */
  #folded = this.#transcript.snapshot();
  /** @type {Row[]} */
  #rows = [];
  #ask;
  #isNew = false;
  #isAsking = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} The only timer, while something counts. */
  #timer;

  /**
   * @param {HTMLElement} list What it shows before there is a session stays while it is in the agent file.
   * @param {HTMLElement} cost
   * @param {Workbench} workbench
   */
  constructor(list, cost, workbench) {
    this.#list = list;
    this.#cost = cost;
    this.#workbench = workbench;
    this.#state = new ChainState([], workbench.models);
    this.#ask = perFrame(() => this.#render());
    workbench.subscribe({
      agent: (yaml) => this.#checkFirst(yaml),
      session: (session, reason) => {
        if (reason === "opened") this.#forgetTurn();
        this.#use(session);
      },
      chat: () => this.#restart(),
      stored: ({ turns }) => {
        const spent = turns.flatMap(({ events }) => events.filter((event) => event.type === "usage"));
        this.#costs.addStored(spent, workbench.models);
        this.#ask();
      },
      event: (event, { transcript }) => transcript && this.#push(event, transcript),
      end: ({ transcript }) => this.#end(transcript),
    });
    document.addEventListener("visibilitychange", () => !document.hidden && this.#refresh());
  }

  /** @param {string} yaml */
  #checkFirst(yaml) {
    const first = [...this.#list.querySelectorAll("li[data-model]")];
    if (first.some((item) => item instanceof HTMLElement && !yaml.includes(item.dataset["model"] ?? "")))
      this.#list.replaceChildren();
  }

  /** @param {import("../../sparewheel.js").Session} session */
  #use({ models }) {
    this.#state = this.#state.renewed(models);
    if (!this.#workbench.turn) this.#forgetTurn();
    this.#ask();
    this.#refresh();
  }

  #forgetTurn() {
    this.#transcript = createTranscript();
    this.#isNew = true;
  }

  /** Another conversation begins. */
  #restart() {
    this.#costs = new CostState();
    this.#forgetTurn();
    this.#ask();
  }

  /**
   * @param {import("../../sparewheel.js").Event} event
   * @param {import("../../sparewheel.js").Transcript} transcript With this event.
   */
  #push(event, transcript) {
    this.#transcript = transcript;
    if (this.#state.push(event, Date.now())) {
      this.#isNew = true;
      this.#ask();
    }
    if (CHANGES.includes(event.type)) this.#refresh();
  }

  /** @param {import("../../sparewheel.js").Transcript | null} transcript */
  #end(transcript) {
    const folded = transcript?.snapshot();
    if (folded) {
      this.#state.remember(folded);
      this.#costs.add(folded, this.#workbench.models);
    }
    this.#isNew = true;
    this.#ask();
    this.#refresh();
  }

  /** Ask the session which models rest now. */
  async #refresh() {
    const { session } = this.#workbench;
    if (!session || this.#isAsking) return;
    this.#isAsking = true;
    try {
      const told = await session.chain();
      if (session === this.#workbench.session) this.#state.know(told, Date.now());
      this.#ask();
    } catch {
      // It was closed meanwhile, or its worker is replaced: the next one is asked.
    } finally {
      this.#isAsking = false;
    }
  }

  #render() {
    const now = Date.now();
    if (this.#isNew) this.#folded = this.#transcript.snapshot();
    this.#isNew = false;
    const links = this.#state.links(this.#folded, now);
    if (links.length === 0) return;
    this.#show(links, now);
    const running = this.#folded.status === "running" ? this.#folded : null;
    this.#cost.replaceChildren(...this.#costs.words(running));
    this.#count(links, now);
  }

  /**
   * @param {Link[]} links
   * @param {number} now
   */
  #show(links, now) {
    const models = links.map(({ model }) => model);
    if (models.join("\n") !== this.#rows.map(({ model }) => model).join("\n")) {
      this.#rows = links.map(({ model }) => this.#rows.find((row) => row.model === model) ?? this.#newRow(model));
      this.#list.replaceChildren(...this.#rows.map(({ item }) => item));
    }
    const main = mainOf(links);
    links.forEach((link, index) => {
      const moved = this.#rows[index]?.update(link, describe(link, now), link === main);
      if (moved) this.#reveal(moved);
    });
  }

  /** @param {string} model */
  #newRow(model) {
    return new Row(model, this.#workbench, () => this.#refresh());
  }

  /** @param {HTMLElement} item It is brought into the strip's view. The page does not move. */
  #reveal(item) {
    const { scrollLeft, clientWidth, offsetLeft: start } = this.#list;
    const [left, right] = [item.offsetLeft - start, item.offsetLeft - start + item.offsetWidth];
    if (left < scrollLeft || right > scrollLeft + clientWidth) this.#list.scrollLeft = left - clientWidth / 3;
  }

  /**
   * @param {Link[]} links
   * @param {number} now
   */
  #count(links, now) {
    clearTimeout(this.#timer);
    const wait = nextChange(links, now);
    if (wait === null) return;
    const ends = links.some(({ state, until }) => state === "resting" && until !== null && until - now <= wait);
    this.#timer = setTimeout(() => {
      this.#ask();
      if (ends) this.#refresh();
    }, wait);
  }
}

/**
 * The link that a narrow page names.
 * @param {Link[]} links
 */
function mainOf(links) {
  const found = (/** @type {string[]} */ states) => links.findLast(({ state }) => states.includes(state));
  return found(LIVE) ?? found(["answered"]) ?? links.find(({ state }) => ["ready", "spare"].includes(state)) ?? links[0];
}

/** One model in the strip. */
class Row {
  item = make("li");
  #button = make("button", { class: "link" });
  #word = make("span", { class: "state" });
  #name = make("span", { class: "model" });
  #popover;
  #shown = "";

  /**
   * @param {string} model
   * @param {Workbench} workbench
   * @param {() => void} onSteered
   */
  constructor(model, workbench, onSteered) {
    this.model = model;
    const wheel = make("span", { class: "wheel" });
    wheel.setAttribute("aria-hidden", "true");
    this.#button.type = "button";
    this.#button.title = label(model);
    this.#button.append(wheel, make("span", { class: "words" }, this.#name, " ", this.#word));
    this.#popover = new LinkPopover(model, this.#button, workbench, onSteered);
    this.item.append(this.#button, this.#popover.element);
  }

  /**
   * @param {Link} link
   * @param {string} word
   * @param {boolean} isMain
   * @returns {HTMLElement | null} The item, if it has become the main one.
   */
  update(link, word, isMain) {
    const { name, state } = link;
    this.#popover.update(link, word);
    const shown = `${name}\n${state}\n${word}\n${isMain}`;
    if (shown === this.#shown) return null;
    this.#shown = shown;
    const becomesMain = isMain && this.item.dataset["main"] === undefined;
    this.item.dataset["state"] = state;
    if (isMain) this.item.dataset["main"] = "";
    else delete this.item.dataset["main"];
    this.item.ariaCurrent = LIVE.includes(state) ? "step" : null;
    if (this.#name.textContent !== name) this.#name.textContent = name;
    this.#word.textContent = word;
    return becomesMain ? this.item : null;
  }
}
