// Builds the vendored files from the exact versions in package-lock.json and prints what VENDORED.md says about them.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";
import { build } from "esbuild";
import { typescriptModule } from "./typescript.js";

const banner = (text) => `/* ${text} See VENDORED.md and LICENSES.txt. */\n`;
const sum = (bytes) => createHash("sha256").update(bytes).digest("hex");
const vendored = (name) => new URL(`../${name}`, import.meta.url);
const packaged = (path) => new URL(`node_modules/${path}`, import.meta.url);
const withoutSourceMap = (code) => code.replace(/^\/\/# sourceMappingURL=.*$/m, "").trimEnd() + "\n";
const script = (path) => withoutSourceMap(readFileSync(packaged(path), "utf8"));

// htmx and its extension as one file: as two deferred scripts they race, and a page that connects first gets no stream.
writeFileSync(
  vendored("htmx.js"),
  banner("htmx followed by its server-sent events extension; Zero-Clause BSD.") +
    script("htmx.org/dist/htmx.min.js") + script("htmx.org/dist/ext/hx-sse.min.js"),
);

// codemirror-base.js holds what the editor and the comparison share.
const { metafile } = await build({
  entryPoints: ["codemirror.js", "codemirror-merge.js"],
  outdir: "..",
  splitting: true,
  chunkNames: "codemirror-base",
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
  metafile: true,
  banner: { js: banner("CodeMirror 6 and Lezer, bundled; MIT.").trimEnd() },
});

const folder = packaged("typescript/lib/");
const typescript = await build({
  stdin: { contents: typescriptModule(folder, readdirSync(folder)), loader: "js" },
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
  define: { process: "undefined", require: "undefined" }, // a browser, also when tests run it elsewhere
  write: false,
  banner: { js: banner("TypeScript's language service and its declarations of ECMAScript; Apache-2.0.").trimEnd() },
});
writeFileSync(vendored("typescript.js"), typescript.outputFiles[0].text);

// The licences ask that their text travels with every copy; packages with the same text are named together.
const inBundle = Object.keys(metafile.inputs).map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]);
const fonts = ["@fontsource-variable/inter", "@fontsource-variable/jetbrains-mono"]; // fonts.py builds them
const names = [...new Set(["htmx.org", ...inBundle.filter(Boolean).sort(), "typescript", ...fonts])];
const byText = new Map();
for (const name of names) {
  const { version, license } = JSON.parse(readFileSync(packaged(`${name}/package.json`), "utf8"));
  const file = readdirSync(packaged(name)).find((each) => /^licen[cs]e/i.test(each));
  const text = readFileSync(packaged(`${name}/${file}`), "utf8").trim();
  byText.set(text, [...(byText.get(text) ?? []), `${name} ${version}`]);
  console.log(`| ${name} | ${version} | ${license} |`);
}
const notices = readFileSync(packaged("typescript/ThirdPartyNoticeText.txt"), "utf8").trim();
byText.set(notices.replace(/^\/\*+|\*+\/$/g, "").trim(), ["typescript: notices of third parties"]);
const licences = [...byText].map(([text, packages]) => `${packages.join("\n")}\n\n${text}\n`);
writeFileSync(vendored("LICENSES.txt"), licences.join(`\n${"-".repeat(80)}\n\n`));

const CODEMIRROR = ["codemirror.js", "codemirror-base.js", "codemirror-merge.js"];
const SCRIPTS = ["htmx.js", ...CODEMIRROR, "typescript.js"];
for (const name of SCRIPTS) {
  console.log(sum(readFileSync(vendored(name))), name);
}

// Beside each script the same in Brotli, a sixth smaller than the server's gzip: the server has no library for it.
const pairs = SCRIPTS.map((name) => {
  const script = readFileSync(vendored(name));
  const small = brotliCompressSync(script, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: script.length } });
  writeFileSync(vendored(`${name}.br`), small);
  return `${sum(script)} ${sum(small)} ${name}\n`;
});
writeFileSync(vendored("COMPRESSED.txt"), pairs.join(""));
