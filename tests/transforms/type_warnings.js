// Runs the editor's type checker on the codes that come as JSON on the standard input: [{types, code, variables, at}].
// Prints for each {warnings: [{line, text, kind, values}], faults: errors in the types, completions: names at `at`}.
import { TypeService } from "../../static/js/type-service.js";

const service = new TypeService();
const asked = JSON.parse(await new Response(Deno.stdin.readable).text());
const answers = asked.map(({ types, code, variables, at }) => {
  service.update({ types, code, variables: variables ?? [] });
  const faults = [
    ...service.service.getSyntacticDiagnostics("/types.d.ts"),
    ...service.service.getSemanticDiagnostics("/types.d.ts"),
  ];
  const warnings = service.warnings().map(({ from, to, kind, values, info }) => ({
    line: code.slice(0, from).split("\n").length,
    text: code.slice(from, to),
    kind,
    values,
    info: Boolean(info),
  }));
  const completions = at === undefined ? [] : service.completions(at, true)?.options.map((one) => one.label) ?? [];
  return { warnings, faults: faults.map((one) => one.code), completions };
});
console.log(JSON.stringify(answers));
