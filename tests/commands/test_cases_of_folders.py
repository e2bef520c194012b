"""``hookbench test``: the cases of endpoint folders, without a server; results as text, as JUnit and as exit codes."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from running import Running

from server.cli import main
from server.domain.test_case_files import load

CODE = """
function handler(webhook) {
  if (webhook.eventType === "payment.failed") { webhook.cancel = true; return webhook; }
  if (!webhook.payload.data.currency) throw new Error("no currency");
  webhook.payload = { text: webhook.payload.data.amount + " " + webhook.payload.data.currency, now: Date.now() };
  webhook.headers["x-kind"] = webhook.env.KIND || "none";
  return webhook;
}
"""
EXACT = {
    "request": {
        "url": "https://example.com/webhooks",
        "headers": {"x-kind": "shop"},
        "body": {"text": "5 EUR", "now": 1769851800000},
    }
}


def write_case(folder: Path, name: str, expect: dict[str, Any], **changes: Any) -> Path:
    content = {
        "name": name,
        "event_type": "payment.succeeded",
        "clock": "2026-01-31T09:30:00Z",
        "variables": {"KIND": "shop"},
        "payload": {"data": {"amount": 5, "currency": "EUR"}},
        "expect": expect,
        **changes,
    }
    file = folder / "cases" / f"{name}.json"
    file.write_text(json.dumps(content))
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "shop"
    (made / "cases").mkdir(parents=True)
    (made / "endpoint.toml").write_text('card = "webhook"\nurl = "https://shop.example/hooks"\n')
    (made / "transform.js").write_text(CODE)
    write_case(made, "exact", EXACT)
    write_case(made, "cancelled", {"assertions": [{"cancelled": True}]}, event_type="payment.failed")
    write_case(made, "throws", {"assertions": [{"throws": "no currency"}]}, payload={"data": {}})
    return made


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["test", *map(str, arguments)])


def test_a_folder_passes_as_a_process_of_its_own(stopped: Running, folder: Path) -> None:
    done = stopped.run("test", str(folder))
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout == f"{folder}\n  ok   cancelled\n  ok   exact\n  ok   throws\n\n3 passed\n"


def test_differences_are_shown_and_written_for_ci(folder: Path, tmp_path: Path) -> None:
    write_case(
        folder, "exact", {"request": {**EXACT["request"], "body": {"text": "6 EUR\x1b[2J", "now": 1769851800000}}}
    )
    write_case(folder, "throws", {"assertions": [{"path": "text", "less_than": 5}, {"throws": "x\x07"}]})
    junit, actual = tmp_path / "junit.xml", tmp_path / "actual"

    found = run(tmp_path, "--junit", junit, "--actual", actual)

    assert found.exit_code == 1
    lines = [line.strip() for line in found.output.splitlines()]
    assert "FAIL exact" in lines and "1 passed, 2 failed" in lines
    assert '-   "text": "6 EUR\\u001b[2J",' in lines and '+   "text": "5 EUR",' in lines
    assert 'text is "5 EUR", which is not less than 5.' in lines
    assert not {"\x1b", "\x07"} & set(found.output)
    suite = ElementTree.parse(junit).getroot()[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "2", "0")
    failed = suite[1]
    assert failed.get("file") == str(folder / "cases/exact.json")
    assert "5 EUR" in (failed[0].text or "")
    written = sorted(each.relative_to(actual).as_posix() for each in actual.rglob("*.txt"))
    assert written == [f"shop/{name}.{kind}.txt" for name in ("exact", "throws") for kind in ("actual", "expected")]
    assert '"text": "5 EUR"' in (actual / "shop/exact.actual.txt").read_text()


def test_expectations_are_updated_after_their_diff(folder: Path) -> None:
    changed = CODE.replace('" " +', '"\u00a0" +').replace("no currency", "it has no currency")
    (folder / "transform.js").write_text(changed)
    before = (folder / "cases/exact.json").read_text()

    asked = run(folder, "--update")
    assert asked.exit_code == 2 and "--yes" in asked.output
    assert (folder / "cases/exact.json").read_text() == before

    updated = run(folder, "--update", "--yes")

    assert (updated.exit_code, updated.output.splitlines()[-1]) == (0, "3 passed")
    assert "Updated 1 expectation." in updated.output and "cases/exact.json" in updated.output
    case = load((folder / "cases/exact.json").read_text())
    assert case.expectation.headers == {"x-kind": "shop"}  # type: ignore[union-attr]
    again = run(folder, "--update", "--yes")
    assert (again.exit_code, "No expectation can be updated." in again.output) == (0, True)


def test_assertions_keep_their_form_when_they_are_updated(folder: Path) -> None:
    assertions = [{"path": "text", "equals": "6 EUR"}, {"path": "text", "matches": "EUR"}, {"method": "PUT"}]
    file = write_case(folder, "exact", {"assertions": assertions})
    assert run(folder, "--update", "--yes").exit_code == 0
    kept = json.loads(file.read_text())["expect"]["assertions"]
    assert kept == [{"path": "text", "equals": "5 EUR"}, {"path": "text", "matches": "EUR"}, {"method": "POST"}]


def test_an_own_card_comes_with_the_folder(folder: Path) -> None:
    (folder / "endpoint.toml").write_text('card = "own:rooms"\n')
    missing = run(folder)
    assert missing.exit_code == 1 and "the card own:rooms is not here" in missing.output
    (folder / "card").mkdir()
    (folder / "card/card.toml").write_text(
        'title = "Rooms"\nsummary = "A room."\nletter = "R"\n[url]\nask = true\nplaceholder = "https://example.com/webhooks"\n'
    )
    (folder / "card/default.js").write_text(CODE)
    assert run(folder).exit_code == 0


@pytest.mark.parametrize(
    ("file", "content", "sentence"),
    [
        ("endpoint.toml", 'card = "unknown"', "endpoint.toml: this Hookbench has no card 'unknown'."),
        ("endpoint.toml", 'card = "../webhook"', "has no card '../webhook'."),
        ("endpoint.toml", "card = 5", "endpoint.toml: card must be text."),
        ("cases/exact.json", "{", "cases/exact.json: It is not valid JSON: see line 1, column 2."),
        ("cases/exact.json", "\ufffd" * 400_000, "cases/exact.json is larger than 1024 KiB."),
    ],
)
def test_a_file_that_cannot_be_used_is_told(folder: Path, file: str, content: str, sentence: str) -> None:
    (folder / file).write_text(content)
    found = run(folder)
    assert found.exit_code == 2
    assert sentence in found.output and "Traceback" not in found.output


def test_folders_without_endpoint_or_cases_are_told(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "There is no endpoint.toml in" in run(tmp_path / "empty").output
    for file in (folder / "cases").iterdir():
        file.unlink()
    found = run(folder)
    assert (found.exit_code, "There are no test cases." in found.output) == (2, True)
    (folder / "transform.js").write_bytes(b"\xff")
    assert "transform.js is not UTF-8 text." in run(folder).output


def test_coverage_is_told_and_written_for_ci(folder: Path, tmp_path: Path) -> None:
    (folder / "cases" / "throws.json").unlink()
    lcov = tmp_path / "lcov.info"
    done = run(folder, "--coverage", "--lcov", lcov)
    assert done.exit_code == 0
    told = done.stdout.splitlines()
    assert told[3:6] == [
        "  4 of 6 branches and 6 of 6 lines of transform.js have run",
        "  transform.js:4:3 The condition was never true.",
        "  transform.js:6:51 The right side of || was never reached.",
    ]
    record = lcov.read_text().splitlines()
    assert record[:2] == ["TN:", f"SF:{folder / 'transform.js'}"]
    assert {"FNF:1", "FNH:1", "BRF:5", "BRH:3", "LF:6", "LH:6", "DA:3,2", "DA:5,1"} <= set(record)
    assert record[-1] == "end_of_record"


def test_code_that_cannot_be_counted_is_told(folder: Path) -> None:
    (folder / "transform.js").write_text(CODE + "0 && 1;" * 6_000)
    done = run(folder, "--coverage")
    assert (done.exit_code, "so they are not counted" in done.stdout) == (0, True)
    assert "3 passed" in done.stdout
