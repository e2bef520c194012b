// <textarea hidden disabled data-merge-with="#field-code">: the saved text that another person's form is merged with.
// The editor of that field then shows how its own text differs, with two buttons at each difference: keep mine, take
// theirs. F7 and Shift+F7 go to the next and the previous difference.
import { EditorState, EditorView, keymap, StateEffect } from "../vendor/codemirror.js";
import { goToNextChunk, goToPreviousChunk, unifiedMergeView } from "../vendor/codemirror-merge.js";
import { viewOf } from "./editors.js";

const PHRASES = {
  en: { "Accept": "Keep mine", "Reject": "Take theirs" },
  zh: { "Accept": "保留我的", "Reject": "采用对方的", "$ unchanged lines": "$ 行未改动" },
};

// CodeMirror's own colours do not follow the page's tokens, and its buttons have too little contrast.
const theme = EditorView.theme({
  "& .cm-changedLine, & .cm-insertedLine": { backgroundColor: "var(--good-wash)" },
  "& .cm-deletedChunk": { backgroundColor: "var(--bad-wash)" },
  "& .cm-changedText": { background: "none", textDecoration: "underline" },
  "& .cm-deletedChunk .cm-deletedText": { background: "none", textDecoration: "line-through" },
  "& .cm-collapsedLines": { background: "var(--sunken)", color: "var(--ink-soft)" },
  "& .cm-deletedChunk .cm-chunkButtons button": {
    padding: "0.1rem 0.5rem",
    border: "1px solid",
    backgroundColor: "var(--surface)",
    color: "var(--ink)",
    fontSize: "var(--text-small)",
  },
});

export function upgrade() {
  for (const theirs of document.querySelectorAll("[data-merge-with]:not([data-ready])")) {
    const view = viewOf(document.querySelector(theirs.dataset.mergeWith));
    if (!view) continue;
    theirs.dataset.ready = "";
    const language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
    view.dispatch({
      effects: StateEffect.appendConfig.of([
        theme,
        EditorState.phrases.of(PHRASES[language]),
        unifiedMergeView({
          original: theirs.value,
          highlightChanges: true,
          collapseUnchanged: { margin: 3, minSize: 6 },
        }),
        keymap.of([{ key: "F7", run: goToNextChunk, shift: goToPreviousChunk }]),
      ]),
    });
  }
}
