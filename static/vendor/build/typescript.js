// Makes one small ES module of TypeScript: the parts of the language service that static/js uses, and the declarations
// of ECMAScript's own objects. TypeScript 6.0.3 is the last release with a JavaScript API; 7 is a native program.
import { readFileSync } from "node:fs";

const EXPORTS = [
  "createLanguageService",
  "createSourceFile",
  "forEachChild",
  "getDefaultFormatCodeSettings",
  "isFunctionLike",
  "ScriptSnapshot",
  "SyntaxKind",
  "TypeFlags",
];

// Source files of TypeScript without which a language service for JavaScript works: the server, the build and watch
// modes, the emitter's transformers, quick fixes and refactorings.
const UNUSED = [
  /^src\/(server|typescript|tsserver|typingsInstaller\w*|jsTyping|deprecatedCompat)\//,
  /^src\/services\/(codefixes|refactors)\/|^src\/services\/_namespaces\/ts\.ts|_namespaces\/ts\.(codefix|refactor)/,
  /^src\/services\/(callHierarchy|classifier\w*|codeFixProvider|documentHighlights|getEditsForFileRename)\.ts/,
  /^src\/services\/(inlayHints|mapCode|organizeImports|outliningElementsCollector|pasteEdits|preProcess)\.ts/,
  /^src\/services\/(refactorProvider|suggestionDiagnostics|transform|transpile)\.ts/,
  /^src\/compiler\/(tsbuild\w*|builder\w*|watch\w*|executeCommandLine|resolutionCache|sourcemap)\.ts/,
  /^src\/compiler\/transformers\/(?!utilities|declarations\/diagnostics)/,
];

// What the sandbox has of ECMAScript: everything up to its next edition, without Temporal and decorators.
const EDITIONS = ["es5", "es2015", "es2016", "es2017", "es2018", "es2019", "es2020", "es2021", "es2022", "es2023"];
const LIBRARIES = new RegExp(`^lib\\.(${EDITIONS.join("|")}|es2024|es2025|esnext)(\\.[\\w.]+)?\\.d\\.ts$`);
const ABSENT = /\.(full|temporal|decorators)\.d\.ts$/;

export function typescriptModule(folder, files) {
  return `${compiler(readFileSync(new URL("typescript.js", folder), "utf8"))}
export { ${EXPORTS.join(", ")} };
export const library = ${JSON.stringify(library(folder, files))};
`;
}

function compiler(text) {
  const opening = "var ts = {}; ((module) => {";
  const body = text.slice(text.indexOf(opening) + opening.length, text.lastIndexOf("// Annotate the CommonJS export names"));
  const [head, ...pieces] = body.split(/^\/\/ (src\/\S+\.ts)$/m);
  let kept = head;
  for (let at = 0; at < pieces.length; at += 2) {
    if (!UNUSED.some((pattern) => pattern.test(pieces[at]))) kept += pieces[at + 1];
  }
  return kept
    // A namespace that nothing uses is dropped with all that it names.
    .replace(/^var (\w+) = \{\};\n__export\(\1, /gm, "var $1 = /* @__PURE__ */ __namespace(")
    .replace(/^var __export = /m, "var __namespace = (all) => { const made = {}; __export(made, all); return made; };\n$&")
    // The texts of messages: the editor says its own.
    .replace(/^( {2}\w+: diag\(\d+, \d)[^"\n]*?, "(?:[^"\\]|\\.)*", "(?:[^"\\]|\\.)*"/gm, '$1, "", ""');
}

function library(folder, files) {
  const wanted = files.filter((name) => LIBRARIES.test(name) && !ABSENT.test(name)).sort();
  const texts = wanted.map((name) => readFileSync(new URL(name, folder), "utf8"));
  return texts.map((text) =>
    text
      .replace(/^\/\*![\s\S]*?\*\//, "")
      .replace(/^\/\/\/ <reference .*$|^export \{\};$/gm, "")
      .replace(/^[ \t]+/gm, "")
      .replace(/\r?\n(?:\s*\r?\n)+/g, "\n")
      .trim()
  ).filter(Boolean).join("\n");
}
