// A Python editor. It knows CodeMirror and nothing of Gilscope; the page gets it as one file, when a reader wants it.

import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState, StateEffect, StateField } from "@codemirror/state";
import {
  Decoration,
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";

// Colours come from the page's own variables, so that light and dark need no second theme.
const highlight = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--code-keyword)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--code-string)" },
  { tag: tags.comment, color: "var(--code-comment)", fontStyle: "italic" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--code-number)" },
  { tag: [tags.function(tags.variableName), tags.definition(tags.variableName)], color: "var(--code-name)" },
]);

const theme = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--raised)", fontSize: "0.8rem" },
  "&.cm-focused": { outline: "2px solid var(--accent)" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5" },
  ".cm-gutters": { backgroundColor: "var(--raised)", color: "var(--muted)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--accent) 8%, transparent)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--accent) 25%, transparent)",
  },
  ".cm-marked": { backgroundColor: "color-mix(in srgb, var(--bad) 18%, transparent)" },
});

const mark = StateEffect.define();
const marked = StateField.define({
  create: () => Decoration.none,
  update(lines, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(mark)) {
        const line = effect.value;
        lines = line === null ? Decoration.none : Decoration.set([Decoration.line({ class: "cm-marked" }).range(line)]);
      }
    }
    return lines.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

/**
 * Puts an editor into `parent`. `changed` is called with the text after a reader's change, `run` by Ctrl+Enter.
 * `root` is the document or shadow root that it lives in.
 */
export function createEditor({ parent, root, text, label, changed, run }) {
  const extensions = [
    lineNumbers(),
    history(),
    drawSelection(),
    highlightSpecialChars(),
    highlightActiveLine(),
    bracketMatching(),
    indentOnInput(),
    indentUnit.of("    "),
    EditorState.tabSize.of(4),
    python(),
    syntaxHighlighting(highlight),
    marked,
    theme,
    EditorView.contentAttributes.of({ "aria-label": label }),
    // Escape, then Tab, leaves the editor: nobody is caught in it.
    keymap.of([
      { key: "Mod-Enter", run: () => (run(), true) },
      ...defaultKeymap,
      ...historyKeymap,
      indentWithTab,
    ]),
    EditorView.updateListener.of((update) => {
      if (update.docChanged && !setting) changed(update.state.doc.toString());
    }),
  ];
  let setting = false;
  const view = new EditorView({ parent, root, doc: text, extensions });
  return {
    get text() {
      return view.state.doc.toString();
    },
    set text(text) {
      if (text === this.text) return;
      setting = true;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, effects: mark.of(null) });
      setting = false;
    },
    /** Shows a line (from 1), marks it and puts the cursor there. */
    goToLine(number) {
      const { from } = view.state.doc.line(Math.min(Math.max(1, number), view.state.doc.lines));
      view.dispatch({
        selection: { anchor: from },
        effects: [mark.of(from), EditorView.scrollIntoView(from, { y: "center" })],
      });
      view.focus();
    },
  };
}
