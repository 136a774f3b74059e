/** There is no sandbox here, for one reason, as a sentence. Code then runs nowhere. */
export class Unavailable extends Error {
  /** @param {string} reason */
  constructor(reason) {
    super(`there is no sandbox for code: ${reason}`);
    this.name = "Unavailable";
  }
}
