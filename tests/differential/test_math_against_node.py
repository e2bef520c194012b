"""The functions of Math give what Node gives, to the last digit."""

import json

import pytest
from differential.answers import Job, Node, of_sandbox

from server.sandbox import Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="session")

CODE = """
let seed = 7;
const next = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
const wide = () => (next() - 0.5) * Math.pow(1e3, 4 * next() - 2);
const within = () => 2 * next() - 1;
const inputs = {
  acos: () => [within()], acosh: () => [1 + 9 * next()], asin: () => [within()], asinh: () => [wide()],
  atan: () => [wide()], atan2: () => [wide(), wide()], atanh: () => [within()], cbrt: () => [wide()],
  cos: () => [1e4 * within()], cosh: () => [9 * within()], exp: () => [99 * within()], expm1: () => [9 * within()],
  hypot: () => [wide(), wide(), wide()], log: () => [1e9 * next()], log10: () => [1e9 * next()],
  log1p: () => [9 * next()], log2: () => [1e9 * next()], pow: () => [9 * next(), 60 * within()],
  sin: () => [1e4 * within()], sinh: () => [9 * within()], tan: () => [1e4 * within()], tanh: () => [3 * within()],
};
const special = [0, -0, 1, -1, 0.5, -2, 3, 1 / 0, -1 / 0, NaN, 5e-324, 1e-310, 1e308, 1e22, 709.78, -745, 2 ** 53, "7"];
const shown = value => Object.is(value, -0) ? "-0" : String(value);
const handler = webhook => {
  webhook.payload = {};
  for (const [name, make] of Object.entries(inputs)) {
    const rows = webhook.payload[name] = [];
    for (let i = 0; i < 400; i++) { const given = make(); rows.push([given, shown(Math[name](...given))]); }
    for (const x of special) {
      for (const y of Math[name].length > 1 ? special : [0]) rows.push([[shown(x), shown(y)], shown(Math[name](x, y))]);
    }
  }
  return webhook;
};
"""


async def test_functions_of_math_agree_to_the_last_digit(ours: Sandbox, node: Node) -> None:
    job = Job("math", CODE, "{}")
    (here,), (there,) = await of_sandbox(ours, [job]), await node.answer([job])
    assert here.request, here
    assert there.request, there
    found, right = json.loads(here.request[3]), json.loads(there.request[3])
    assert len(right) == 22
    for name, rows in right.items():
        differ = [(mine, row) for mine, row in zip(found[name], rows, strict=True) if mine != row]
        assert differ == [], name
