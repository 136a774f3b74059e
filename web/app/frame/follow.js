/** A box scrolled to within this distance of its end counts as scrolled to its end. */
const END_PX = 60;

/** Keeps a scrolling box at its end while it grows, until the reader scrolls up; again once they are back at the end. */
export class Follow {
  #box;
  #onChange;
  #following = true;
  #top = 0;

  /**
   * @param {HTMLElement} box
   * @param {(following: boolean) => void} [onChange] Whether it is kept at its end.
   */
  constructor(box, onChange = () => {}) {
    this.#box = box;
    this.#onChange = onChange;
    box.addEventListener("scroll", () => this.#scrolled());
  }

  /** The box has grown. */
  grown() {
    if (this.#following) this.#box.scrollTop = this.#box.scrollHeight;
  }

  /** Scroll to the end, and stay there. */
  toEnd() {
    this.#set(true);
    this.grown();
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#box;
    const isUp = scrollTop < this.#top; // growing alone never scrolls up
    this.#top = scrollTop;
    if (scrollHeight - scrollTop - clientHeight < END_PX) this.#set(true);
    else if (isUp) this.#set(false);
  }

  /** @param {boolean} following */
  #set(following) {
    if (following === this.#following) return;
    this.#following = following;
    this.#onChange(following);
  }
}
