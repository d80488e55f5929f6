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
  ".cm-pointed": { backgroundColor: "color-mix(in srgb, var(--accent) 22%, transparent)" },
  ".cm-marked": { backgroundColor: "color-mix(in srgb, var(--bad) 18%, transparent)" },
});

/** Lines that can be marked: an effect with the positions where they begin, and the field that shows it. */
function marking(name) {
  const effect = StateEffect.define();
  const field = StateField.define({
    create: () => Decoration.none,
    update(lines, transaction) {
      for (const { value } of transaction.effects.filter((each) => each.is(effect))) {
        lines = Decoration.set(value.map((line) => Decoration.line({ class: name }).range(line)));
      }
      return lines.map(transaction.changes);
    },
    provide: (field) => EditorView.decorations.from(field),
  });
  return [effect, field];
}

/** The line of a traceback. */
const [mark, marked] = marking("cm-marked");
/** The lines that something elsewhere on the page is about. */
const [point, pointed] = marking("cm-pointed");

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
    pointed,
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
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, effects: [mark.of([]), point.of([])] });
      setting = false;
    },
    /** Shows a line (from 1), marks it and puts the cursor there. */
    goToLine(number) {
      const { from } = view.state.doc.line(Math.min(Math.max(1, number), view.state.doc.lines));
      view.dispatch({
        selection: { anchor: from },
        effects: [mark.of([from]), EditorView.scrollIntoView(from, { y: "center" })],
      });
      view.focus();
    },
    /** Points at lines, from the first to the last (from 1), and leaves cursor and focus where they are; at none with 0. */
    point(first, last) {
      const { doc } = view.state;
      const numbers = Array.from({ length: first ? last - first + 1 : 0 }, (_, i) => first + i);
      const starts = numbers.filter((number) => number <= doc.lines).map((number) => doc.line(number).from);
      view.dispatch({ effects: point.of(starts) });
      if (starts.length === 0) return;
      // Within the editor only: the page must not move under a pointer.
      const { top, bottom } = view.lineBlockAt(starts[0]);
      const box = view.scrollDOM;
      if (top < box.scrollTop) box.scrollTop = top;
      else if (bottom > box.scrollTop + box.clientHeight) box.scrollTop = bottom - box.clientHeight;
    },
  };
}
