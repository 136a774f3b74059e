/**
 * Work that moves what is in an element, done at once, or when the pointer is up that is pressed there: a button that has
 * moved meanwhile gets no click.
 * @param {HTMLElement} element
 * @param {() => void} work
 * @returns {() => void}
 */
export function whenReleased(element, work) {
  let isPressed = false;
  let isDue = false;
  const run = () => {
    isDue = isPressed;
    if (!isPressed) work();
  };
  const release = () => {
    isPressed = false;
    if (isDue) setTimeout(() => isDue && run()); // after the click
  };
  element.addEventListener("pointerdown", () => (isPressed = true));
  for (const type of ["pointerup", "pointercancel"]) addEventListener(type, release, true);
  return run;
}
