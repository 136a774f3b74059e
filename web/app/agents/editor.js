// The editor for the agent file: CodeMirror in a shadow root, where its styles are adopted style sheets, which the page's
// policy allows. Loaded when it is opened.

import "../shared.js";
import { autocompletion, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Annotation, EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, hoverTooltip, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { catalogue, factsOf } from "./catalogue.js";
import { make } from "../dom.js";
import { aboutKey, isModelPlace, keysAt, spotAt, valuesAt } from "./schema.js";

/** The change comes from outside. */
const FromOutside = Annotation.define();
const LEAVE_MS = 2000; // after Esc, Tab leaves the editor
const MAX_LINE_PROBLEMS = 100;

const COLOURS = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--live)" },
  { tag: tags.comment, color: "var(--soft)", fontStyle: "italic" },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword, tags.labelName, tags.typeName], color: "var(--warn)" },
  { tag: tags.invalid, color: "var(--bad)" },
]);

const THEME = EditorView.theme({
  "&": { height: "100%", color: "var(--ink)", backgroundColor: "var(--card)", fontSize: "0.8125rem" },
  "&.cm-focused": { outline: "3px solid var(--live)", outlineOffset: "-3px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5" },
  ".cm-content": { caretColor: "var(--ink)" },
  "&.cm-focused .cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "var(--card)", color: "var(--soft)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--live) 7%, transparent)" },
  ".cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--live) 25%, transparent)",
  },
  ".cm-tooltip, .cm-panels": { backgroundColor: "var(--card)", color: "var(--ink)", border: "1px solid var(--line)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
  ".cm-tooltip.cm-completionInfo, .cm-about": { maxWidth: "20rem", padding: "0.25rem 0.5rem", fontFamily: "var(--sans)" },
  ".cm-diagnostic": { fontFamily: "var(--sans)" },
});

export class Editor {
  #view;
  /** @type {import("./schema.js").Schema | null} */
  #schema = null;
  /** @type {Map<string, import("./catalogue.js").Model>} */
  #models = new Map();

  /**
   * @param {HTMLElement} host
   * @param {string} text
   * @param {(text: string) => void} onEdit
   */
  constructor(host, text, onEdit) {
    const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
    const hint = make("p", { class: "hint", text: "Tab indents. Esc, then Tab leaves the editor." });
    hint.id = "hint";
    hint.hidden = true; // it is read as the description
    const box = make("div");
    root.replaceChildren(hint, box);
    this.#view = new EditorView({
      root,
      parent: box,
      state: EditorState.create({
        doc: text,
        extensions: [
          this.#keyboard(),
          lineNumbers(),
          lintGutter(),
          history(),
          drawSelection(),
          indentOnInput(),
          bracketMatching(),
          highlightActiveLine(),
          highlightSelectionMatches(),
          indentUnit.of("  "),
          yaml(),
          syntaxHighlighting(COLOURS),
          THEME,
          autocompletion({ override: [(context) => this.#complete(context)] }),
          hoverTooltip((view, position) => this.#about(view, position)),
          EditorView.contentAttributes.of({
            tabindex: "0",
            "aria-label": "Agent file (YAML)",
            "aria-describedby": hint.id,
            spellcheck: "false",
          }),
          EditorView.updateListener.of(({ docChanged, transactions, state }) => {
            if (docChanged && !transactions.some((each) => each.annotation(FromOutside))) onEdit(state.doc.toString());
          }),
        ],
      }),
    });
    this.#load();
  }

  #keyboard() {
    const leave = EditorView.domEventHandlers({
      keydown: (event, view) => {
        if (event.key !== "Escape") return false;
        event.stopPropagation(); // it does not stop a turn, nor close the drawer
        event.preventDefault();
        view.setTabFocusMode(LEAVE_MS);
        return false;
      },
    });
    return [
      leave,
      keymap.of([...completionKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...lintKeymap, indentWithTab]),
    ];
  }

  /** What completion needs; without it the editor works as well. */
  #load() {
    fetch(new URL("../agent-schema.json", import.meta.url))
      .then((response) => (response.ok ? response.json() : null))
      .then((schema) => (this.#schema = schema))
      .catch(() => {});
    catalogue()
      .then((models) => (this.#models = models))
      .catch(() => {});
  }

  /**
   * Show a text that was changed elsewhere.
   * @param {string} text
   */
  show(text) {
    const { doc } = this.#view.state;
    if (doc.toString() === text) return;
    this.#view.dispatch({ changes: { from: 0, to: doc.length, insert: text }, annotations: FromOutside.of(true) });
  }

  /** @param {readonly import("./problems.js").Problem[]} problems */
  mark(problems) {
    const { doc } = this.#view.state;
    const found = problems.slice(0, MAX_LINE_PROBLEMS).flatMap(({ line, column, text }) => {
      if (line < 1 || line > doc.lines) return [];
      const at = doc.line(line);
      const from = Math.min(at.from + Math.max(column - 1, 0), at.to);
      return [{ from, to: at.to, severity: /** @type {const} */ ("error"), message: text }];
    });
    this.#view.dispatch(setDiagnostics(this.#view.state, found));
    this.#view.contentDOM.ariaInvalid = String(problems.length > 0);
  }

  /** @param {number} [line] Where the cursor goes. */
  focus(line) {
    if (line) {
      const at = this.#view.state.doc.line(Math.min(Math.max(line, 1), this.#view.state.doc.lines));
      this.#view.dispatch({ selection: { anchor: at.from }, scrollIntoView: true });
    }
    this.#view.focus();
  }

  destroy() {
    this.#view.destroy();
  }

  /** @param {import("@codemirror/autocomplete").CompletionContext} context */
  #complete(context) {
    const spot = spotAt(context.state.doc.toString(), context.pos);
    if (!spot || !this.#schema || (!context.explicit && spot.from === context.pos)) return null;
    const { path, isValue, from } = spot;
    if (!isValue) {
      const options = [...keysAt(this.#schema, path)].map(([label, info]) => ({
        label,
        info,
        apply: `${label}: `,
        type: "property",
      }));
      return options.length ? { from, options, validFor: /^[\w-]*$/ } : null;
    }
    const options = valuesAt(this.#schema, path).map((label) => ({ label, type: "enum" }));
    const models = isModelPlace(path) ? [...this.#models.values()] : [];
    const named = models.map((model) => ({ label: model.name, detail: factsOf(model), type: "text" }));
    return options.length + named.length ? { from, options: [...options, ...named], validFor: /^[\w./:@-]*$/ } : null;
  }

  /**
   * @param {EditorView} view
   * @param {number} position
   * @returns {import("@codemirror/view").Tooltip | null}
   */
  #about(view, position) {
    const word = view.state.wordAt(position);
    if (!word || !this.#schema) return null;
    const line = view.state.doc.lineAt(position);
    const key = /^[\w-]+(?=\s*:)/.exec(line.text.slice(word.from - line.from));
    const spot = key && spotAt(view.state.doc.toString(), word.from);
    const text = spot ? aboutKey(this.#schema, [...spot.path, key[0]]) : "";
    if (!text) return null;
    return { pos: word.from, end: word.to, above: true, create: () => ({ dom: make("div", { class: "cm-about", text }) }) };
  }
}
