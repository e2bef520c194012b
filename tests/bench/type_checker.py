"""``python tests/bench/type_checker.py``: what the editor's type checker weighs, and how long it takes in Chromium.

Measured on two cores with other work beside it, November 2026, medians of 20:

| | raw | gzip | brotli |
|---|---|---|---|
| TypeScript 6.0.3, reduced, with ECMAScript's declarations | 2,498 KB | 668 KB | 532 KB |
| with our own modules of the worker | 2,556 KB | 685 KB | 547 KB |

| ms, 48 event types, Customer.io's contract | load | first warnings | after a change | completion | format |
|---|---|---|---|---|---|
| a sample of the seed, 50 lines | 176 | 426 | 28 | 3 | 3 |
| Customer.io's default code, 150 lines | 185 | 666 | 49 | 31 | 7 |

The whole of TypeScript has 1,024 KB (gzip) without declarations.
"""

import json
import subprocess
import sys
import tempfile
from gzip import compress
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent), str(HERE.parent / "journeys")]

from administrator import set_up  # noqa: E402
from ensure_chromium import find  # noqa: E402
from playwright.sync_api import Page, sync_playwright  # noqa: E402
from running import Running  # noqa: E402

STATIC = HERE.parent.parent / "static"
WORKER = [STATIC / "vendor" / "typescript.js", *sorted((STATIC / "js").glob("type*.js"))]
BROTLI = "import { brotliCompressSync as press } from 'node:zlib'; import { readFileSync as read } from 'node:fs';"
ROUNDS = 20

MEASURE = """
async ([code, at, rounds]) => {
  const types = await (await fetch("/test/transformations/types.d.ts?card=customer_io")).text();
  const began = performance.now();
  const worker = new Worker("/static/js/type-worker.js", { type: "module" });
  let number = 0;
  const waiting = new Map();
  const loaded = new Promise((resolve) => waiting.set(0, resolve));
  worker.addEventListener("message", ({ data }) => waiting.get(data.id)(data.result));
  const ask = (method, ...values) => new Promise((resolve) => {
    waiting.set(++number, resolve);
    worker.postMessage({ id: number, method, values });
  });
  const timed = async (work) => {
    const start = performance.now();
    await work();
    return performance.now() - start;
  };
  const times = async (work) => {
    const found = [];
    for (let at = 0; at < rounds; at++) found.push(await timed(() => work(at)));
    return found.sort((a, b) => a - b)[Math.floor(rounds / 2)];
  };
  await loaded;
  const load = performance.now() - began;
  const edited = (at) => ask("update", { types, code: code + "\\n// " + at, variables: [] });
  const first = await timed(async () => { await edited(-1); await ask("warnings"); });
  const again = await times(async (at) => { await edited(at); await ask("warnings"); });
  const complete = await times(async (at) => { await edited(at + 1000); await ask("completions", at_(code), true); });
  const hover = await times(() => ask("hover", at_(code)));
  const format = await times(() => ask("format"));
  worker.terminate();
  return { load, first, again, complete, hover, format };
  function at_() { return at; }
}
"""


def sizes() -> None:
    for name, files in (("TypeScript", WORKER[:1]), ("all of the worker", WORKER)):
        text = b"".join(file.read_bytes() for file in files)
        print(f"{name}: {len(text) / 1000:,.0f} KB, gzip {len(compress(text, 9)) / 1000:,.0f} KB", end="")
        paths = json.dumps([str(file) for file in files])
        script = f"{BROTLI} console.log(press(Buffer.concat({paths}.map((path) => read(path)))).length)"
        deno = [str(Path(sys.executable).parent / "deno"), "eval", "import { Buffer } from 'node:buffer';" + script]
        found = subprocess.run(deno, capture_output=True, text=True, check=True)
        print(f", brotli {int(found.stdout) / 1000:,.0f} KB")


def timings(page: Page, url: str) -> None:
    page.goto(f"{url}/test/events")
    root = HERE.parent.parent
    for name in ("tests/fixtures/seed/track_subscriptions.js", "transforms/customer_io/default.js"):
        code = (root / name).read_text()
        at = code.index("data.") + len("data.") if "data." in code else len(code)
        found = page.evaluate(MEASURE, [code, at, ROUNDS])
        print(name, {key: round(value) for key, value in found.items()}, "ms")


def main() -> None:
    sizes()
    with (
        tempfile.TemporaryDirectory() as folder,
        Running(Path(folder) / "data") as hookbench,
        sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(executable_path=find(), args=["--no-sandbox"])
        page = browser.new_page()
        set_up(hookbench, page)
        timings(page, hookbench.url)
        browser.close()


if __name__ == "__main__":
    main()
