// Just the parts of CodeMirror 6 that static/js uses. esbuild drops the rest.
export {
  autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, completionStatus, snippetCompletion, startCompletion,
} from "@codemirror/autocomplete";
export {
  defaultKeymap, history, historyKeymap, indentWithTab, isolateHistory, redo, toggleComment, undo,
} from "@codemirror/commands";
export { javascript, javascriptLanguage } from "@codemirror/lang-javascript";
export { json, jsonLanguage, jsonParseLinter } from "@codemirror/lang-json";
export {
  bracketMatching, foldGutter, foldKeymap, indentOnInput, indentUnit, syntaxHighlighting, syntaxTree,
} from "@codemirror/language";
export {
  forceLinting, forEachDiagnostic, linter, lintGutter, lintKeymap, nextDiagnostic, openLintPanel,
  previousDiagnostic, setDiagnostics,
} from "@codemirror/lint";
export {
  gotoLine, highlightSelectionMatches, openSearchPanel, search, searchKeymap, selectNextOccurrence,
} from "@codemirror/search";
export {
  Compartment, EditorSelection, EditorState, Prec, RangeSet, RangeSetBuilder, StateEffect, StateField, Transaction,
} from "@codemirror/state";
export {
  activateHover, closeHoverTooltips, crosshairCursor, Decoration, drawSelection, EditorView, gutter, gutterLineClass,
  GutterMarker, hasHoverTooltips,
  highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, hoverTooltip, keymap, lineNumbers,
  rectangularSelection, showPanel, showTooltip, ViewPlugin, WidgetType,
} from "@codemirror/view";
export { classHighlighter } from "@lezer/highlight";
