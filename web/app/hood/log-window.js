// Which of the last events have lines in the log. No DOM here.

import { textOf } from "./log-text.js";

/**
 * @typedef {import("../../sparewheel.js").Event} Event
 * @typedef {{isAnew: boolean, before: Event[], dropped: number, after: Event[]}} Change Of the lines: all of them go, or the
 *   first `dropped`; then some come before and after those that stay.
 */

/** The oldest events are forgotten when there are more. */
const MAX_EVENTS = 2000;
/** Lines, all of which the browser lays out. */
export const PAGE = 200;
/** Lines that come in one step, but for the first one: about as many as are seen. */
export const MADE = 25;
/** Events that are compared with the filter in one step. */
export const LOOKED_AT = 250;

/** The events from one place to another have been looked at; those that are wanted have lines. */
export class LogWindow {
  /** Of all events. */
  total = 0;
  /** @type {Event[]} The last ones; now and then some too many. */
  #kept = [];
  #wanted = "";
  /** Places, counted from the first of all events. */
  #from = 0;
  #to = 0;
  /** @type {number[]} The places of the events that have lines. */
  #lines = [];
  #limit = PAGE;
  #isFirst = true;

  /** @param {Event} event */
  push(event) {
    this.total += 1;
    if (this.#kept.push(event) > 2 * MAX_EVENTS) this.#kept.splice(0, this.#kept.length - MAX_EVENTS);
  }

  /**
   * Begin with the last events, without lines.
   * @param {string} wanted What the text of an event must contain to get a line.
   */
  begin(wanted) {
    this.#wanted = wanted.trim().toLowerCase();
    this.#limit = PAGE;
    this.#isFirst = true;
    this.#restart();
  }

  /** Have lines of earlier events, too. */
  extend() {
    this.#limit = this.#lines.length + PAGE;
  }

  /** Whether all lines are there, and earlier events have none. */
  get isCut() {
    return this.#lines.length >= this.#limit && this.#from > this.#earliest;
  }

  /** Whether every event that is kept, up to the last line, has been looked at. */
  get isWhole() {
    return this.#from <= this.#earliest;
  }

  /** The last events that are wanted. */
  get events() {
    return this.#kept.slice(-MAX_EVENTS).filter((event) => this.#isWanted(event));
  }

  /**
   * One step. If more events have come than it can take, those before the last ones are passed over: they are earlier ones.
   * @param {boolean} isFollowing Whether new events get lines.
   * @returns {Change}
   */
  step(isFollowing) {
    const isAnew = isFollowing && this.total - this.#to > (this.#wanted === "" ? MADE : LOOKED_AT);
    if (isAnew) this.#restart();
    /** @type {Change} */
    const change = { isAnew, before: [], dropped: 0, after: [] };
    const made = this.#isFirst ? PAGE : MADE;
    this.#isFirst = false;
    let looked = 0;
    const isSpent = () => looked >= LOOKED_AT || change.before.length + change.after.length >= made;
    for (; isFollowing && this.#to < this.total && !isSpent(); this.#to++, looked++) {
      const event = this.#at(this.#to);
      if (!event) continue;
      change.after.push(event);
      this.#lines.push(this.#to);
    }
    for (; this.#lines.length > this.#limit; change.dropped++) this.#from = (this.#lines.shift() ?? 0) + 1;
    for (; !this.isWhole && this.#lines.length < this.#limit && !isSpent(); this.#from--, looked++) {
      const event = this.#at(this.#from - 1);
      if (!event) continue;
      change.before.unshift(event);
      this.#lines.unshift(this.#from - 1);
    }
    return change;
  }

  /** @param {boolean} isFollowing Whether another step would do something. */
  hasMore(isFollowing) {
    return (isFollowing && this.#to < this.total) || (!this.isWhole && this.#lines.length < this.#limit);
  }

  #restart() {
    this.#lines = [];
    this.#from = this.#to = this.total;
  }

  /** The place of the earliest event that is kept. */
  get #earliest() {
    return Math.max(this.total - MAX_EVENTS, 0);
  }

  /** The event at a place, if it is wanted. @param {number} place */
  #at(place) {
    const event = this.#kept[this.#kept.length - (this.total - place)];
    return event && this.#isWanted(event) ? event : null;
  }

  /** @param {Event} event */
  #isWanted(event) {
    return this.#wanted === "" || textOf(event).toLowerCase().includes(this.#wanted);
  }
}
