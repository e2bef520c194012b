// Builds the two vendored files from the exact versions in package-lock.json and prints their sha256 for VENDORED.md.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const banner = (text) => `/* ${text} See VENDORED.md. */\n`;
const vendored = (name) => new URL(`../${name}`, import.meta.url);
const packaged = (path) => readFileSync(new URL(`node_modules/${path}`, import.meta.url), "utf8");
const withoutSourceMap = (code) => code.replace(/^\/\/# sourceMappingURL=.*$/m, "").trimEnd() + "\n";

// htmx and its extension as one file: as two deferred scripts they race, and a page that connects first gets no stream.
writeFileSync(
  vendored("htmx.js"),
  banner("htmx 4.0.1 followed by its server-sent events extension; Zero-Clause BSD.") +
    withoutSourceMap(packaged("htmx.org/dist/htmx.min.js")) +
    withoutSourceMap(packaged("htmx.org/dist/ext/hx-sse.min.js")),
);

await build({
  entryPoints: ["codemirror.js"],
  outfile: "../codemirror.js",
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
  banner: { js: banner("CodeMirror 6 and Lezer, bundled; MIT.").trimEnd() },
});

for (const name of ["htmx.js", "codemirror.js"]) {
  console.log(createHash("sha256").update(readFileSync(vendored(name))).digest("hex"), name);
}
