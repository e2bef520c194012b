// The marks in the code: errors of the engine and warnings of the type checker. Replacing one kind keeps the other.
import { forEachDiagnostic, setDiagnostics } from "../vendor/codemirror.js";

export const showErrors = (view, errors) => replace(view, errors, (one) => one.severity !== "error");
export const showWarnings = (view, warnings) => replace(view, warnings, (one) => one.severity === "error");

function replace(view, made, isKept) {
  const kept = [];
  forEachDiagnostic(view.state, (one, from, to) => isKept(one) && kept.push({ ...one, from, to }));
  const all = [...kept, ...made].sort((a, b) => a.from - b.from);
  view.dispatch(setDiagnostics(view.state, all));
}
