// CodeMirror's comparison of two texts, which few pages show.
export { goToNextChunk, goToPreviousChunk, unifiedMergeView } from "@codemirror/merge";
