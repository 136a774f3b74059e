// What can be made to go wrong in the next turn, to see the chain hold. No DOM here.

/**
 * @typedef {NonNullable<import("../../sparewheel.js").TurnOptions["fault"]>} Fault
 * @typedef {{fault: Fault, text: string, detail: string}} WhatIf
 */

/** @type {readonly WhatIf[]} */
export const WHAT_IF = [
  { fault: "rate_limit", text: "Too many requests", detail: "the first model answers with 429" },
  { fault: "overloaded", text: "Overloaded", detail: "the first model has no capacity" },
  { fault: "stream_truncated", text: "Breaks off mid-answer", detail: "the connection drops after some words" },
  { fault: "timeout_idle", text: "Goes silent", detail: "the first model begins, and says no more" },
  { fault: "auth", text: "Bad key", detail: "the provider refuses the key" },
  { fault: "offline", text: "Offline", detail: "the first model cannot be reached" },
];
