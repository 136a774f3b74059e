/** There is no sandbox here, for one reason, as a sentence. Code then runs nowhere. */
export class Unavailable extends Error {
  /** @param {string} reason */
  constructor(reason) {
    super(`there is no sandbox for code: ${reason}`);
    this.name = "Unavailable";
  }
}

/** There is no sandbox now, for the network is away. */
export class Offline extends Error {
  /** @param {string} file That has to be loaded. */
  constructor(file) {
    super(`there is no network, and ${file} has to be loaded: run the code again when the network is back`);
    this.name = "Offline";
  }
}
