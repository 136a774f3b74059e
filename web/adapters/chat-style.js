// The style of `<sparewheel-chat>`: system colours, so that it follows the page's colour scheme, its contrast and its fonts.

const CSS = `
:host { display: flex; flex-direction: column; box-sizing: border-box; height: 28rem; max-height: 100%; min-width: 0;
  border: 1px solid color-mix(in srgb, CanvasText 55%, Canvas); border-radius: .5rem; background: Canvas; color: CanvasText;
  font: 1rem/1.5 system-ui, sans-serif; overflow: hidden; }
:host([hidden]) { display: none; }
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
:host([theme="auto"]) { color-scheme: light dark; }
* { box-sizing: border-box; }
.log { flex: 1; min-height: 0; overflow-y: auto; padding: .75rem; overflow-wrap: anywhere; }
.log:focus-visible { outline: 2px solid AccentColor; outline-offset: -2px; }
.prompt, .text { white-space: pre-wrap; }
.prompt { margin: 0 0 .75rem 15%; padding: .5rem .75rem; border-radius: .5rem;
  background: color-mix(in srgb, CanvasText 10%, Canvas); }
.answer { margin: 0 0 1rem; }
.quiet { color: color-mix(in srgb, CanvasText 75%, Canvas); font-size: .875rem; }
.notes, .sources { margin: .25rem 0; padding-inline-start: 1.25rem; }
.question { margin: .5rem 0; padding: .5rem .75rem; border: 1px solid color-mix(in srgb, CanvasText 55%, Canvas);
  border-radius: .5rem; }
.question pre { max-height: 12rem; overflow: auto; margin: .25rem 0; white-space: pre-wrap; }
.question label { display: block; margin: .25rem 0; }
.buttons { display: flex; flex-wrap: wrap; gap: .5rem; }
img { max-width: 100%; }
.status { margin: 0; padding: .25rem .75rem; min-height: 2rem; }
form { display: flex; gap: .5rem; padding: 0 .75rem .75rem; align-items: end; }
textarea { flex: 1; min-width: 0; height: 4rem; resize: none; font: inherit; padding: .375rem .5rem; }
button, input, select { font: inherit; min-height: 2rem; min-width: 2rem; padding: .125rem .75rem; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
`;

/** @type {CSSStyleSheet | undefined} */
let sheet;

/** One style sheet for all elements; it needs no allowance in the page's policy. */
export function chatStyle() {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
  }
  return sheet;
}
