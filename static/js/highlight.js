// Colours <code data-highlight="json|javascript"> that is only read, with the classes of the editor's colours. A
// regular expression is enough for that; the editor's parsers are sixty times as large. It takes time in proportion to
// the text: what is not closed reaches to the end, and what looks back or ahead is bounded.
const LONGEST = 200_000;
const NAME = String.raw`[\p{ID_Start}$_][\p{ID_Continue}$]{0,200}`;
const KEYWORDS =
  "async await break case catch class const continue default delete do else export extends finally for " +
  "from function if import in instanceof let new of return static super switch this throw try typeof var void while " +
  "yield";
const PATTERN = new RegExp(
  [
    String.raw`(?<comment>\/\/.*|\/\*[^]*?(?:\*\/|$))`,
    String.raw`(?<propertyName>"(?:\\.|[^"\\\n])*"(?=\s{0,9}:)|(?<=[{,]\s{0,99})${NAME}(?=\s{0,9}:)|(?<=\.)${NAME})`,
    String.raw`(?<string>"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?|\x60(?:\\[^]|[^\x60\\])*\x60?)`,
    String
      .raw`(?<string2>(?<=[(,=:[!&|?;{}]\s{0,9})\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n]){0,99}\]|[^/\\\n[]){1,99}\/\w*)`,
    String.raw`\b(?<keyword>${KEYWORDS.replaceAll(" ", "|")})\b`,
    String.raw`\b(?<atom>true|false|null|undefined|NaN|Infinity)\b`,
    String.raw`(?<![\p{ID_Continue}$])(?<number>-?(?:0[xXbBoO][\da-fA-F_]+|\d[\d_]*(?:\.\d+)?(?:[eE][-+]?\d+)?)n?)`,
  ].join("|"),
  "gu",
);

export function upgrade(root) {
  for (const block of root.querySelectorAll("code[data-highlight]:not([data-coloured])")) {
    block.dataset.coloured = "";
    const text = block.textContent;
    if (text.length <= LONGEST) block.replaceChildren(...pieces(text));
  }
}

function* pieces(text) {
  let done = 0;
  for (const found of text.matchAll(PATTERN)) {
    const [kind] = Object.entries(found.groups).find(([, part]) => part !== undefined);
    if (found.index > done) yield text.slice(done, found.index);
    yield Object.assign(document.createElement("span"), { textContent: found[0], className: `tok-${kind}` });
    done = found.index + found[0].length;
  }
  yield text.slice(done);
}
