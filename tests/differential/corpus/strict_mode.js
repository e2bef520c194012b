"use strict";
function handler(w) {
  const self = (function () { return this; })();
  let frozen; try { Object.freeze(w.payload).data = 1; } catch (e) { frozen = e.message; }
  let ro; try { undefined_variable = 1; } catch (e) { ro = e.message; }
  w.payload = { self: self === undefined, frozen, ro };
  return w;
}
