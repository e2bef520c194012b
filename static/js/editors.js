// Maps each textarea to its editor. Other modules write through `replace`, so that one Undo restores the old text.
import { isolateHistory } from "../vendor/codemirror.js";

const views = new WeakMap();

export const remember = (area, view) => views.set(area, view);
export const viewOf = (area) => views.get(area);

export function replace(area, text) {
  const view = viewOf(area);
  if (!view) {
    area.value = text;
    return;
  }
  view.dispatch({
    changes: { from: 0, to: view.state.doc.length, insert: text },
    selection: { anchor: 0 },
    annotations: isolateHistory.of("full"),
  });
}
