// What the ring of hostile texts looks for in the page. `install` is called after each load, `findings` after each visit of a
// place.

/** Counts executions and breaches of the policy. */
export function install() {
  globalThis.hits = 0;
  globalThis.hit = () => (globalThis.hits += 1);
  for (const name of ["alert", "open", "print"]) globalThis[name] = globalThis.hit;
  globalThis.violations = [];
  document.addEventListener("securitypolicyviolation", ({ effectiveDirective: rule, blockedURI, sample }) =>
    globalThis.violations.push(`${rule} ${blockedURI} ${sample}`),
  );
}

/** What is wrong with the page, a line each. */
export function findings() {
  const PROSE = ".answer, .said, .thoughts, .void-text, textarea, #spoken, .cm-editor";
  const FOREIGN =
    "script, iframe, object, embed, link, meta, base, style, frame, portal, form[action], source, foreignObject, use, animate";
  const UNSEEN =
    /[\0-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\u{e0000}-\u{e007f}]/u;
  const HEIGHT = /^contain-intrinsic-block-size: auto [\d.]+rem;$/; // of turns that are not rendered yet
  const CONTROLS = ["#prompt", "#send", "#new-chat", "#open-agents", "#open-keys", "#open-hood", "#agent", "#chats input"];
  const found = globalThis.violations.splice(0).map((each) => `policy: ${each}`);
  const add = (what, element) => found.push(`${what}: ${element.outerHTML.slice(0, 160)}`);
  if (globalThis.hits) found.push(`executions: ${globalThis.hits}`);
  globalThis.hits = 0;
  const ids = new Set();
  for (const element of document.body.querySelectorAll("*")) {
    if (element.matches(FOREIGN)) add("an element that the page does not make", element);
    for (const { name, value } of element.attributes) {
      if (/^on|^(srcdoc|ping|formaction|background|xlink:href|srcset|is|slot)$/.test(name)) add("attribute", element);
      const isOwn = element.matches(".link-popover, .cm-editor *") || HEIGHT.test(value);
      if (name === "style" && !isOwn) add("style", element);
      if (name === "id" && ids.has(value)) add("an id twice", element);
      if (name === "id") ids.add(value);
      if (name === "href" && !/^(https?:|mailto:|blob:|#prompt$)/.test(value)) add("target", element);
      if (name === "src" && !/^(blob:|data:image\/|app\/favicon)/.test(value)) add("source", element);
      if (/^(title|aria-label|placeholder|alt|label)$/.test(name) && UNSEEN.test(value)) add("unseen characters", element);
    }
    if (!element.closest(PROSE)) {
      const own = [...element.childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE);
      if (own.some(({ data }) => UNSEEN.test(data))) add("unseen characters", element);
    }
  }
  if (UNSEEN.test(document.title) || document.title.length > 80) found.push(`title: ${document.title.slice(0, 80)}`);
  if (document.documentElement.scrollWidth > innerWidth)
    found.push(`the page is ${document.documentElement.scrollWidth} px wide`);
  if (document.querySelector("dialog[open]")) return found;
  for (const selector of CONTROLS) {
    const control = document.querySelector(selector);
    const { left, top, width, height } = control.getBoundingClientRect();
    if (width === 0) continue;
    const above = document.elementFromPoint(left + width / 2, top + height / 2);
    if (!above || !(control.contains(above) || above.contains(control)))
      found.push(`${selector} at ${Math.round(left)}, ${Math.round(top)} is covered by ${above?.outerHTML.slice(0, 80)}`);
  }
  return found;
}

/** The names of files in a field that takes files. */
export function choose([selector, files]) {
  const transfer = new DataTransfer();
  for (const { name, text } of files) transfer.items.add(new File([text], name, { type: "application/json" }));
  const input = document.querySelector(selector);
  input.files = transfer.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

/** The conversation on the page as a document, as the page saves it. */
export async function saved() {
  const make = URL.createObjectURL;
  const content = new Promise((resolve) => {
    URL.createObjectURL = (blob) => {
      URL.createObjectURL = make;
      resolve(blob.text());
      return make.call(URL, blob);
    };
  });
  const row = document.querySelector(".chat-row:has([aria-current])");
  row.querySelector(".chat-more").click();
  const button = [...row.querySelectorAll("button")].find(({ textContent }) => textContent === "Save as JSON");
  button.click();
  return content;
}

/** Open every part of the page that opens. */
export function unfold() {
  for (const details of document.querySelectorAll("#transcript details, #hood-drawer li:nth-last-child(-n + 30) details")) {
    details.open = true;
  }
  document.querySelector("#transcript").scrollTop = 1e9;
}
