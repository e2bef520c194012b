// Just the parts of CodeMirror 6 that static/js uses. esbuild drops the rest.
export {
  autocompletion, closeBrackets, closeBracketsKeymap, completeAnyWord, completionKeymap, startCompletion,
} from "@codemirror/autocomplete";
export { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
export { javascript, javascriptLanguage } from "@codemirror/lang-javascript";
export { json, jsonLanguage, jsonParseLinter } from "@codemirror/lang-json";
export {
  bracketMatching, foldGutter, foldKeymap, indentOnInput, indentUnit, syntaxHighlighting, syntaxTree,
} from "@codemirror/language";
export { lintGutter, lintKeymap, linter, setDiagnostics } from "@codemirror/lint";
export { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
export { Compartment, EditorState, Prec, StateEffect, StateField, Transaction } from "@codemirror/state";
export {
  crosshairCursor, drawSelection, dropCursor, EditorView, highlightActiveLine, highlightActiveLineGutter,
  highlightSpecialChars, keymap, lineNumbers, rectangularSelection,
} from "@codemirror/view";
export { classHighlighter, highlightCode } from "@lezer/highlight";
