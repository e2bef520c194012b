// Bodies (templates/ui/json.html): fold and unfold, search, copy a value or its path, the raw text, and line wrap. The
// server renders the lines; here they become a tree (arrow keys, as in a file tree). Ctrl F stays the browser's: it
// finds folded lines too, where the browser can (hidden="until-found"). Only pages with a body load this.
import { copyText } from "./clipboard.js";

const LONGEST_RAW = 1024 * 1024;
const MOST_FOUND = 1000;
const views = new WeakMap();
const found = globalThis.Highlight ? new Highlight() : new Set();
const foundHere = globalThis.Highlight ? new Highlight() : new Set();
let counter = 0;

if (globalThis.Highlight) {
  CSS.highlights.set("body-found", found);
  foundHere.priority = 1;
  CSS.highlights.set("body-found-here", foundHere);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-view]");
  const view = button && views.get(button.closest(".body-view"));
  view?.press(button);
});

export function upgrade(root) {
  for (const figure of root.querySelectorAll(".body-view")) {
    if (!views.get(figure)?.isReady()) views.set(figure, new View(figure));
  }
}

class View {
  constructor(figure) {
    this.figure = figure;
    this.pre = figure.querySelector("pre");
    this.code = figure.querySelector("code");
    this.bar = figure.querySelector(".body-search");
    this.query = figure.querySelector("[data-view-query]");
    this.count = figure.querySelector("[data-view-count]");
    this.path = figure.querySelector(".body-path");
    this.lines = [...this.code.querySelectorAll(":scope > .line")];
    this.folded = new Set();
    this.matches = [];
    this.here = -1;
    this.current = -1;
    this.code.dataset.ready = "";
    this.query.oninput = () => this.search();
    this.query.onkeydown = (event) => this.typed(event);
    if (this.lines.length) this.grow();
  }

  // False after a swap replaced what it holds.
  isReady() {
    return this.code.isConnected && "ready" in this.code.dataset && this.figure.contains(this.code);
  }

  grow() {
    const texts = this.lines.map((line) => line.textContent);
    this.depths = texts.map((text) => (text.length - text.trimStart().length) / 2);
    this.ends = texts.map(() => 0); // the closing line of each line that opens an object or list
    this.parents = [];
    const open = [];
    texts.forEach((text, at) => {
      const first = text.trimStart()[0];
      const closes = first === "}" || first === "]";
      if (closes && open.length) this.ends[open.pop()] = at;
      this.parents[at] = open.at(-1) ?? -1;
      const last = text.trimEnd().at(-1);
      if ((last === "{" || last === "[") && this.depths[at + 1] > this.depths[at]) open.push(at);
    });
    for (const at of open) this.ends[at] = texts.length; // cut off
    this.pre.removeAttribute("tabindex");
    this.pre.removeAttribute("role");
    const { code } = this;
    code.tabIndex = 0;
    code.setAttribute("role", "tree");
    code.setAttribute("aria-label", this.pre.getAttribute("aria-label"));
    this.pre.removeAttribute("aria-label");
    this.lines.forEach((line, at) => {
      const first = texts[at].trimStart()[0];
      line.style.setProperty("--indent", `${2 * this.depths[at] + 2}ch`);
      line.setAttribute("role", first === "}" || first === "]" ? "none" : "treeitem");
      if (line.getAttribute("role") === "none") return;
      line.setAttribute("aria-level", this.depths[at] + 1);
      if (this.ends[at]) line.setAttribute("aria-expanded", "true");
    });
    code.onkeydown = (event) => this.keyed(event);
    code.onclick = (event) => this.clicked(event);
    code.oncopy = (event) => this.copied(event);
    code.addEventListener("beforematch", (event) => this.reveal(this.lines.indexOf(event.target.closest(".line"))));
  }

  press(button) {
    switch (button.dataset.view) {
      case "search":
        return this.openSearch(this.bar.hidden);
      case "next":
      case "previous":
        return this.go(button.dataset.view === "next" ? 1 : -1);
      case "fold":
        return this.foldAll(button.ariaPressed !== "true");
      case "wrap":
        this.pre.classList.toggle("unwrapped", button.ariaPressed === "true");
        button.ariaPressed = String(button.ariaPressed !== "true");
        return;
      case "raw":
        return this.showRaw(button);
      case "copy":
        return copyText(button, this.text());
      case "copy-path":
        return copyText(button, this.pathOf(this.current));
      case "copy-value":
        return copyText(button, this.valueOf(this.current));
    }
  }

  text() {
    if (!this.code.querySelector(":scope > .line")) return this.code.textContent;
    return this.lines.map((line) => line.textContent.trimEnd()).join("\n");
  }

  // Folding

  fold(at, folds) {
    if (!this.ends[at]) return;
    if (folds) this.folded.add(at);
    else this.folded.delete(at);
    this.showFolds();
  }

  foldAll(folds) {
    this.folded = new Set(folds ? [...this.lines.keys()].filter((at) => this.ends[at] && this.depths[at] > 0) : []);
    this.showFolds();
  }

  showFolds() {
    let until = -1;
    this.lines.forEach((line, at) => {
      const hides = at <= until;
      if (hides !== line.hasAttribute("hidden")) {
        if (hides) line.setAttribute("hidden", "until-found");
        else line.removeAttribute("hidden");
      }
      if (!this.ends[at]) return;
      const folds = this.folded.has(at);
      if (folds !== (line.ariaExpanded === "false")) {
        // Without its line break the summary follows on the same line.
        line.lastChild.data = line.lastChild.data.trimEnd() + (folds ? "" : "\n");
        line.ariaExpanded = String(!folds);
      }
      if (folds) line.dataset.folded = this.summary(at);
      if (folds && !hides) until = this.ends[at];
    });
    const all = this.figure.querySelector('[data-view="fold"]');
    if (all) all.ariaPressed = String(this.folded.size > 0);
    const outside = this.lines[this.current]?.hasAttribute("hidden");
    if (outside) this.select(this.outermost(this.current));
  }

  summary(at) {
    const inside = this.parents.slice(at + 1, this.ends[at]).filter((parent) => parent === at).length;
    const close = this.lines[this.ends[at]]?.textContent.trim() ?? "";
    return `${inside} … ${close}`;
  }

  outermost(at) {
    let seen = at;
    for (let parent = this.parents[at]; parent >= 0; parent = this.parents[parent]) {
      if (this.folded.has(parent)) seen = parent;
    }
    return seen;
  }

  reveal(at) {
    for (let parent = this.parents[at] ?? -1; parent >= 0; parent = this.parents[parent]) this.folded.delete(parent);
    this.showFolds();
  }

  // The chosen line

  clicked(event) {
    const line = event.target.closest(".line");
    const at = this.lines.indexOf(line);
    if (at < 0) return;
    const gutter = parseFloat(getComputedStyle(this.figure).getPropertyValue("--gutter")) * 16;
    if (this.ends[at] && event.clientX < line.getBoundingClientRect().left + gutter) {
      return this.fold(at, !this.folded.has(at));
    }
    if (getSelection().isCollapsed) this.select(at);
  }

  keyed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = this.current < 0 ? 0 : this.current;
    const opens = Boolean(this.ends[at]);
    const done = {
      ArrowDown: () => this.select(this.current < 0 ? 0 : this.visible(at, 1)),
      ArrowUp: () => this.select(this.visible(at, -1)),
      ArrowRight: () => opens && (this.folded.has(at) ? this.fold(at, false) : this.select(this.visible(at, 1))),
      ArrowLeft: () => opens && !this.folded.has(at) ? this.fold(at, true) : this.select(Math.max(this.parents[at], 0)),
      Home: () => this.select(0),
      End: () => this.select(this.visible(this.lines.length, -1)),
      Enter: () => this.fold(at, !this.folded.has(at)),
      " ": () => this.fold(at, !this.folded.has(at)),
      "/": () => this.openSearch(true),
    }[event.key];
    if (!done) return;
    event.preventDefault();
    event.stopPropagation();
    done();
  }

  // The next line up or down that can be chosen: not folded away, and not a closing bracket.
  visible(at, step) {
    for (let next = at + step; next >= 0 && next < this.lines.length; next += step) {
      const line = this.lines[next];
      if (!line.hasAttribute("hidden") && line.getAttribute("role") !== "none") return next;
    }
    return Math.min(at, this.lines.length - 1);
  }

  select(at) {
    if (this.lines[at]?.getAttribute("role") === "none") at = this.ends.indexOf(at);
    this.lines[this.current]?.removeAttribute("aria-selected");
    this.current = at;
    const line = this.lines[at];
    if (!line) return;
    line.ariaSelected = "true";
    line.id ||= `line-${++counter}`;
    this.code.setAttribute("aria-activedescendant", line.id);
    this.path.hidden = false;
    this.path.querySelector("[data-view-path]").textContent = this.pathOf(at) || "$";
    this.scrollTo(line);
  }

  scrollTo(target) {
    const [box, inner] = [this.pre.getBoundingClientRect(), target.getBoundingClientRect()];
    if (inner.top < box.top) this.pre.scrollTop -= box.top - inner.top + inner.height;
    else if (inner.bottom > box.bottom) this.pre.scrollTop += inner.bottom - box.bottom + inner.height;
    // The box itself may be outside the window, or outside the result that it is in. A range cannot scroll to itself.
    (target.scrollIntoView ? target : target.startContainer.parentElement).scrollIntoView({ block: "nearest" });
  }

  // As domain/payloads.py reads it: data.customer.email, items[0].price, metadata["a.b"]
  pathOf(at) {
    let path = "";
    for (; at >= 0 && this.parents[at] >= 0; at = this.parents[at]) path = this.stepOf(at) + path;
    return path.replace(/^\./, "");
  }

  stepOf(at) {
    const name = this.nameOf(at);
    if (name === null) {
      const parent = this.parents[at];
      const before = this.parents.slice(parent + 1, at).filter((each, offset) =>
        each === parent && this.lines[parent + 1 + offset].getAttribute("role") !== "none"
      );
      return `[${before.length}]`;
    }
    return /^[^.[\]"\s*]+$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
  }

  nameOf(at) {
    const name = this.lines[at].querySelector(":scope > .tok-propertyName");
    return name ? parsed(name.textContent) : null;
  }

  valueOf(at) {
    const end = this.ends[at];
    if (end) {
      const text = this.lines.slice(at, end + 1).map((line) => line.textContent.trimEnd()).join("\n");
      return dedented(withoutName(text), this.depths[at]).replace(/,\s*$/, "").trimEnd();
    }
    const value = withoutName(this.lines[at].textContent).replace(/,\s*$/, "").trim();
    return value.startsWith('"') ? parsed(value) : value;
  }

  // Ctrl C with nothing selected copies the value of the chosen line.
  copied(event) {
    if (!getSelection().isCollapsed || this.current < 0) return;
    event.clipboardData.setData("text/plain", this.valueOf(this.current));
    event.preventDefault();
  }

  // Search

  openSearch(opens) {
    this.bar.hidden = !opens;
    this.figure.querySelector('[data-view="search"]').ariaPressed = String(opens);
    if (opens) {
      this.query.focus();
      this.query.select();
    }
    this.search();
  }

  typed(event) {
    if (event.key === "Enter") {
      event.preventDefault();
      this.go(event.shiftKey ? -1 : 1);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      this.openSearch(false);
      (this.lines.length ? this.code : this.pre).focus();
    }
  }

  search() {
    for (const range of this.matches) {
      found.delete(range);
      foundHere.delete(range);
    }
    const query = this.bar.hidden ? "" : this.query.value.toLowerCase();
    this.matches = query ? [...rangesOf(this.code, query)] : [];
    for (const range of this.matches) found.add(range);
    this.here = -1;
    this.go(1);
  }

  go(step) {
    const { length } = this.matches;
    if (!length) return this.say(this.query.value && !this.bar.hidden ? this.count.dataset.none : "");
    if (this.here >= 0) foundHere.delete(this.matches[this.here]);
    this.here = (this.here + step + length) % length;
    const range = this.matches[this.here];
    foundHere.add(range);
    const at = this.lines.indexOf(range.startContainer.parentElement.closest(".line"));
    if (at >= 0) {
      this.reveal(at);
      this.select(at);
    } else this.scrollTo(range);
    this.say(`${this.here + 1} / ${length}${length === MOST_FOUND ? "+" : ""}`);
  }

  say(text) {
    this.count.textContent = text;
  }

  // The text as it was received or sent

  async showRaw(button) {
    const shows = button.ariaPressed !== "true";
    if (shows && this.raw === undefined) {
      try {
        const response = await fetch(this.figure.dataset.address);
        if (!response.ok) throw new Error();
        this.raw = (await response.text()).slice(0, LONGEST_RAW);
      } catch {
        button.title = button.dataset.failed;
        button.disabled = true;
        return;
      }
    }
    button.ariaPressed = String(shows);
    this.select(-1);
    this.path.hidden = true;
    this.code.replaceChildren(...(shows ? [this.raw] : this.lines));
    this.figure.querySelector('[data-view="fold"]').disabled = shows;
    this.code.setAttribute("role", shows ? "group" : "tree");
    this.code.removeAttribute("aria-activedescendant");
    if (!this.bar.hidden) this.search();
  }
}

function* rangesOf(root, query) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const nodes = [];
  let text = "";
  while (walker.nextNode()) {
    nodes.push([text.length, walker.currentNode]);
    text += walker.currentNode.data;
  }
  const low = text.toLowerCase().length === text.length ? text.toLowerCase() : text;
  let node = 0;
  const place = (offset) => {
    while (node + 1 < nodes.length && nodes[node + 1][0] <= offset) node++;
    return [nodes[node][1], offset - nodes[node][0]];
  };
  let at = low.indexOf(query);
  for (let count = 0; at >= 0 && count < MOST_FOUND; count++) {
    const range = new Range();
    range.setStart(...place(at));
    const [last, offset] = place(at + query.length - 1);
    range.setEnd(last, offset + 1);
    yield range;
    at = low.indexOf(query, at + query.length);
  }
}

const withoutName = (text) => text.replace(/^\s*"(?:[^"\\]|\\.)*": /, "").trimStart();

const dedented = (text, depth) => text.replaceAll(`\n${"  ".repeat(depth)}`, "\n");

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text; // cut off
  }
}
