// What the editor asks about code, answered by TypeScript's language service: completions, the text of a hover,
// warnings, definitions, names to rename, formatting. Runs in the type worker; positions are those of the code.
import { rewrite } from "./type-rewrite.js";
import { isPresent } from "./type-nodes.js";
import { warnings } from "./type-warnings.js";
import { createLanguageService, getDefaultFormatCodeSettings, library, ScriptSnapshot } from "./typescript.js";

const LIBRARY = "/lib.d.ts";
const TYPES = "/types.d.ts";
const FORM = "/form.d.ts";
const PLAIN = "/plain.js"; // the code as it is, for names and formatting
const TYPED = "/code.js"; // the code as type-rewrite.js prepares it
const MAX_OPTIONS = 300;
const MAX_DETAIL = 24;
const MAX_ADDRESS = 300; // the patterns of an own card may take long with more

const OPTIONS = {
  target: 99,
  module: 99,
  moduleDetection: 3, // each file is a module, so that two of them may declare a handler
  allowJs: true,
  checkJs: true,
  strictNullChecks: true,
  noImplicitAny: false,
  strict: false,
  skipLibCheck: true,
  noEmit: true,
  noResolve: true,
  types: [],
};

export class TypeService {
  constructor() {
    this.files = new Map([[LIBRARY, { text: library, version: 1 }]]);
    this.facts = { events: [], seen: [], subscribed: [], calls: [] };
    this.service = createLanguageService(this.host());
    this.update({ types: "", code: "" });
  }

  host() {
    const read = (name) => this.files.get(name)?.text;
    return {
      getCompilationSettings: () => OPTIONS,
      getScriptFileNames: () => [...this.files.keys()],
      getScriptVersion: (name) => String(this.files.get(name)?.version ?? 0),
      getScriptSnapshot: (name) => this.files.has(name) ? ScriptSnapshot.fromString(read(name)) : undefined,
      getDefaultLibFileName: () => LIBRARY,
      getCurrentDirectory: () => "/",
      fileExists: (name) => this.files.has(name),
      readFile: read,
      useCaseSensitiveFileNames: () => true,
      getProjectVersion: () => String(this.version),
    };
  }

  put(name, text) {
    const known = this.files.get(name);
    if (known?.text === text) return;
    this.files.set(name, { text, version: (known?.version ?? 0) + 1 });
    this.version = (this.version ?? 0) + 1;
  }

  // types: the text of the .d.ts file; code; variables: the names in the form. What is left out stays as it was.
  update({ types, code, variables }) {
    if (types !== undefined && types !== this.types) {
      this.types = types;
      this.facts = types ? JSON.parse(types.slice(2, types.indexOf("\n"))) : this.facts;
      this.put(TYPES, types);
    }
    if (variables) this.variables = variables;
    if (code !== undefined && code !== this.code) {
      this.code = code;
      const { plain, typed } = rewrite(code);
      Object.assign(this, { plain, typed });
      this.put(PLAIN, plain.text);
      this.put(TYPED, typed.text);
    }
    this.put(FORM, this.form());
  }

  // What only the form and the code decide: the names of variables, and which body is accepted.
  form() {
    const names = (this.variables ?? []).map((name) => `readonly ${JSON.stringify(name)}: string;`);
    const { subscribed, events, seen } = this.facts;
    // Code that never asks for the event type is meant for those that the endpoint receives.
    const asks = /eventType|\btype\b/.test(this.code ?? "");
    this.facts.possible = asks ? events.length - seen.length : subscribed.length;
    this.facts.isChosen = !asks && subscribed.length < events.length - seen.length;
    return [
      `interface Env { ${names.join(" ")} }`,
      `type Accepts = ${accepted(this.facts, this.code)};`,
      `type Webhook = ${asks ? "AnyWebhook" : "ReceivedWebhook"};`,
    ].join("\n");
  }

  warnings() {
    const program = this.service.getProgram();
    const found = warnings(
      program,
      program.getSourceFile(TYPED),
      this.service.getSemanticDiagnostics(TYPED),
      this.facts,
    );
    const placed = found.filter(({ start, end }) => !this.typed.isWithin(start, end)).map((
      { start, end, ...rest },
    ) => ({
      from: this.typed.back(start),
      to: Math.max(this.typed.back(end, true), this.typed.back(start) + 1),
      ...rest,
    }));
    const keys = new Set();
    return placed.filter(({ from, to, kind }) => !keys.has(`${from} ${kind}`) && keys.add(`${from} ${kind}`) && to);
  }

  completions(position, explicit) {
    const word = /[\w$]*$/.exec(this.code.slice(0, position))[0];
    const from = position - word.length;
    const member = /\.\s*$/.test(this.code.slice(0, from));
    const quoted = /["'`][^"'`\n]*$/.exec(this.code.slice(0, position));
    if (!member && !explicit && !word && !quoted) return null;
    const [name, mapping] = member || quoted ? [TYPED, this.typed] : [PLAIN, this.plain];
    const at = mapping.into(from) + word.length;
    const found = this.service.getCompletionsAtPosition(name, at, { includeSymbol: true });
    if (!found) return null;
    const options = found.entries.filter((entry) => entry.kind !== "warning" && !entry.name.startsWith("$"))
      .filter((entry) => member || quoted ? this.exists(entry) : isForeign(entry))
      .slice(0, MAX_OPTIONS)
      .map((entry) => ({
        label: entry.name,
        type: ICONS[entry.kind] ?? "variable",
        sortText: entry.sortText,
        detail: this.shortType(entry),
      }));
    const replaced = found.optionalReplacementSpan;
    return {
      from: quoted && replaced ? mapping.back(replaced.start) : from,
      options,
      member: Boolean(member),
      quoted: Boolean(quoted),
    };
  }

  // A field that only other event types have is no completion here.
  exists({ kind, symbol }) {
    if (kind !== "property" || !symbol) return true;
    return isPresent(this.service.getProgram().getTypeChecker(), symbol);
  }

  // The type of a field, if it is short enough for the list.
  shortType({ kind, symbol }) {
    if (kind !== "property" || !symbol) return "";
    const checker = this.service.getProgram().getTypeChecker();
    const text = checker.typeToString(checker.getTypeOfSymbol(symbol)).replace(/ \| undefined$/, "");
    return text.length <= MAX_DETAIL ? text.replaceAll(/\bWhole(?=[A-Z])/g, "") : "";
  }

  // Type and description of a completion.
  detail(position, label) {
    const word = /[\w$]*$/.exec(this.code.slice(0, position))[0];
    const from = position - word.length;
    const member = /\.\s*$/.test(this.code.slice(0, from));
    const [name, mapping] = member ? [TYPED, this.typed] : [PLAIN, this.plain];
    const at = mapping.into(from) + word.length;
    const found = this.service.getCompletionEntryDetails(name, at, label, {}, undefined, {}, undefined);
    return found && described(found);
  }

  // {from, to, type, text, example, nullable, absent} of the name at a position.
  hover(position) {
    const word = /[\w$]*$/.exec(this.code.slice(0, position))[0] + /^[\w$]*/.exec(this.code.slice(position))[0];
    if (!word) return null;
    const from = position - /[\w$]*$/.exec(this.code.slice(0, position))[0].length;
    const end = from + word.length;
    const found = this.service.getQuickInfoAtPosition(TYPED, this.typed.into(end) - 1);
    return found ? { from, to: end, ...described(found) } : null;
  }

  definition(position) {
    const found = this.service.getDefinitionAtPosition(PLAIN, this.plain.into(position)) ?? [];
    const here = found.find((one) => one.fileName === PLAIN);
    return here ? { position: this.plain.back(here.textSpan.start, true) } : null;
  }

  // All places of the name at a position: [{from, to}], or null when it cannot be renamed.
  names(position) {
    const at = this.plain.into(position);
    const info = this.service.getRenameInfo(PLAIN, at, {});
    if (!info.canRename) return null;
    const found = this.service.findRenameLocations(PLAIN, at, false, false, {
      providePrefixAndSuffixTextForRename: true,
    });
    if (!found || found.some((one) => one.fileName !== PLAIN)) return null;
    return found.map(({ textSpan: { start, length }, prefixText, suffixText }) => ({
      from: this.plain.back(start, true),
      to: this.plain.back(start + length, true),
      prefix: prefixText ?? "",
      suffix: suffixText ?? "",
    }));
  }

  // The functions and the names outside of them, in their order: [{label, position, line}].
  symbols() {
    const listed = [];
    const visit = (item, depth) => {
      const outer = depth === 0 && ["const", "let", "var", "class"].includes(item.kind);
      if ((outer || item.kind.includes("function")) && !/[<( ]/.test(item.text)) {
        const position = this.plain.back((item.nameSpan ?? item.spans[0]).start, true);
        listed.push({ label: item.text, position, line: this.code.slice(0, position).split("\n").length });
      }
      for (const child of item.childItems ?? []) visit(child, item.kind === "module" ? depth : depth + 1);
    };
    visit(this.service.getNavigationTree(PLAIN), 0);
    return listed.sort((a, b) => a.position - b.position);
  }

  // The whole code formatted, by TypeScript's own formatter.
  format() {
    const settings = { ...getDefaultFormatCodeSettings("\n"), indentSize: 2, tabSize: 2 };
    const name = "/format.js";
    this.put(name, this.code);
    const edits = this.service.getFormattingEditsForDocument(name, settings);
    this.files.delete(name);
    this.version++;
    let text = this.code;
    for (const { span, newText } of edits.toSorted((a, b) => b.span.start - a.span.start)) {
      text = text.slice(0, span.start) + newText + text.slice(span.start + span.length);
    }
    return text;
  }
}

// The editor itself knows the names in the code and the keywords: only fields and built-in names are added to them.
function isForeign({ symbol }) {
  const declared = symbol?.declarations?.[0];
  return declared ? declared.getSourceFile().fileName !== PLAIN : false;
}

const ICONS = {
  property: "property",
  getter: "property",
  setter: "property",
  method: "method",
  function: "function",
  "local function": "function",
  var: "variable",
  let: "variable",
  const: "constant",
  "local var": "variable",
  parameter: "variable",
  class: "class",
  "local class": "class",
  keyword: "keyword",
  string: "enum",
};

// Which bodies the contract accepts: those of the calls to which the addresses in the code belong.
function accepted({ calls }, code = "") {
  if (!calls.length) return "any";
  const assigned = [...code.matchAll(/\.url\s*=(?!=)\s*(?:("[^"\n]*"|'[^'\n]*'|`[^`]*`)(?=\s*(?:[;}\n]|$)))?/g)];
  if (!assigned.length) return "AcceptsByUrl";
  const types = new Set();
  for (const [, literal] of assigned) {
    const address = literal?.slice(1, -1).replaceAll(/\$\{[^}]*\}/g, "x").split(/[?#]/)[0];
    if (!address || address.length > MAX_ADDRESS) return "any";
    const fits = calls.filter(({ url }) => url && matches(url, address));
    if (!fits.length) return "any";
    for (const { type } of fits) types.add(type);
  }
  return [...types].join(" | ");
}

function matches(pattern, address) {
  try {
    return new RegExp(`^(?:${pattern})$`).test(address);
  } catch {
    return false; // a pattern of another dialect
  }
}

function described({ displayParts, documentation, tags }) {
  const text = (parts) => (parts ?? []).map((part) => part.text).join("");
  const example = tags?.find((tag) => tag.name === "example");
  const shown = text(displayParts).replace(
    /^\((?:property|method|getter|setter|local \w+|parameter|const|let|var)\) /,
    "",
  );
  return {
    type: shown.replace(/^[A-Z]\w*(?:<[^>]*>)?\.(?=[\w$]+\??: )/, "").replaceAll("$event", "payload")
      .replaceAll(/\bWhole(?=[A-Z])/g, ""),
    text: text(documentation),
    example: text(example?.text),
    nullable: /\bnull\b/.test(shown),
    absent: /\?: |\bundefined\b/.test(shown),
  };
}
