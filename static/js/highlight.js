// Colours <code data-highlight="json|javascript"> with the editor's parsers and classes. The library is fetched only
// when there is something to colour; without it the text is plain.
const LONGEST = 200_000;

export async function upgrade(root) {
  const blocks = [...root.querySelectorAll("code[data-highlight]:not([data-coloured])")];
  if (!blocks.length) return;
  for (const block of blocks) block.dataset.coloured = "";
  const { classHighlighter, highlightCode, javascriptLanguage, jsonLanguage } = await import("../vendor/codemirror.js");
  const languages = { json: jsonLanguage, javascript: javascriptLanguage };
  for (const block of blocks) {
    const text = block.textContent;
    if (text.length > LONGEST) continue;
    const pieces = [];
    const put = (piece, classes) => pieces.push(classes ? span(piece, classes) : piece);
    highlightCode(
      text,
      languages[block.dataset.highlight].parser.parse(text),
      classHighlighter,
      put,
      () => pieces.push("\n"),
    );
    block.replaceChildren(...pieces);
  }
}

function span(text, classes) {
  return Object.assign(document.createElement("span"), { textContent: text, className: classes });
}
