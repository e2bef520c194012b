"""``hookbench pull`` and ``push``: an endpoint as a folder, without its secrets, and back, over nobody's changes."""

import json
from dataclasses import replace
from pathlib import Path

from running import Running
from stored import endpoint_in, written

from server.domain.conditions import Condition, Operator
from server.domain.endpoints import Destination, Endpoint
from server.domain.ids import CodeDraftId, TestCaseId, mint
from server.domain.test_case_files import load
from server.domain.test_cases import TestCase
from server.domain.versions import CodeDraft
from server.store import Transaction, drafts, endpoints, test_cases, versions

CODE = """function handler(webhook) {
  webhook.payload = { text: "paid", channel: webhook.env.CHANNEL };
  return webhook;
}
"""
NEW_CODE = CODE.replace('"paid"', '"paid in full"')
SECRETS = ("canary-key-4711-xyz", "canary-token-0815-abc", "canary-header-2222", "canary-path-99887766554433221100")


def a_case(text: str = "paid", name: str = "A payment", **changes: object) -> TestCase:
    content = {
        "name": name,
        "event_type": "payment.succeeded",
        "variables": {"CHANNEL": "#sales"},
        "payload": {"type": "payment.succeeded", "data": {}},
        "expect": {"assertions": [{"path": "text", "equals": text}]},
    }
    return load(json.dumps(content | changes), id=mint(TestCaseId))


async def an_endpoint_with_secrets(hookbench: Running, *cases: TestCase) -> Endpoint:
    return await endpoint_in(
        hookbench,
        CODE,
        cases or (a_case(),),
        description="Payments to the shop",
        destination=Destination.CAPTURE,
        url=f"https://hooks.slack.com/services/{SECRETS[3]}",
        credentials={"api_key": SECRETS[0]},
        variables={"CHANNEL": "#sales", "API_TOKEN": SECRETS[1]},
        headers={"authorization": f"Bearer {SECRETS[2]}"},
        event_types=frozenset({"payment.succeeded", "refund.succeeded"}),
        conditions=(Condition("data.currency", Operator.EQUALS, "EUR"),),
    )


async def endpoint_now(hookbench: Running, endpoint: Endpoint) -> Endpoint:
    found = await written(hookbench, lambda tx: endpoints.get(tx, endpoint.id))
    assert found
    return found


async def somebody_saves(hookbench: Running, endpoint: Endpoint, code: str, author: str = "grace") -> CodeDraft:
    draft = CodeDraft(mint(CodeDraftId), endpoint.id, 0, code, None, True, None, author, endpoint.created_at)
    return await written(hookbench, lambda tx: drafts.save(tx, draft))


def pulled(hookbench: Running, endpoint: Endpoint, folder: Path, *options: str) -> Path:
    done = hookbench.run("pull", endpoint.id, str(folder), *options)
    assert done.returncode == 0, done.stderr
    return folder


async def test_what_is_pulled_is_the_endpoint_without_its_secrets(stopped_on_each: Running, tmp_path: Path) -> None:
    endpoint = await an_endpoint_with_secrets(stopped_on_each)
    done = stopped_on_each.run("pull", "payments to the SHOP", str(tmp_path / "shop"))
    assert done.returncode == 0, done.stderr
    assert "new        transform.js" in done.stdout and f"({endpoint.id}), version 1" in done.stdout

    files = {
        file.relative_to(tmp_path / "shop").as_posix() for file in (tmp_path / "shop").rglob("*") if file.is_file()
    }
    assert files == {"endpoint.toml", "endpoint.lock", "transform.js", "cases/a-payment.json"}
    assert (tmp_path / "shop/transform.js").read_text() == CODE
    settings = (tmp_path / "shop/endpoint.toml").read_text()
    assert 'variables = ["API_TOKEN", "CHANNEL"]' in settings and "data.currency" in settings
    for file in files:
        text = (tmp_path / "shop" / file).read_text()
        assert not [secret for secret in (*SECRETS, endpoint.secret) if secret.removeprefix("whsec_") in text], file


async def test_pulled_and_pushed_nothing_changes(stopped_on_each: Running, tmp_path: Path) -> None:
    endpoint = await an_endpoint_with_secrets(stopped_on_each, a_case(), a_case(name="Ünïcode / 支付"))
    folder = pulled(stopped_on_each, endpoint, tmp_path / "shop")
    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    assert len(before) == 5

    for options in (["--dry-run"], ["--activate", "--yes"]):
        done = stopped_on_each.run("push", str(folder), *options)
        assert (done.returncode, "Nothing to change." in done.stdout) == (0, True), done.stdout + done.stderr
    again = stopped_on_each.run("pull", endpoint.id, str(folder))
    assert again.returncode == 0 and again.stdout.count("unchanged") == 4
    assert {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()} == before
    now = await endpoint_now(stopped_on_each, endpoint)
    assert replace(now, version=None) == replace(endpoint, version=None) and now.draft_id is None


async def test_a_push_saves_a_draft_and_shows_it_first(stopped_on_each: Running, tmp_path: Path) -> None:
    endpoint = await an_endpoint_with_secrets(stopped_on_each)
    folder = pulled(stopped_on_each, endpoint, tmp_path / "shop")
    (folder / "transform.js").write_text(NEW_CODE)
    (folder / "cases/new.json").write_text((folder / "cases/a-payment.json").read_text().replace("A payment", "New"))
    settings = (folder / "endpoint.toml").read_text()
    (folder / "endpoint.toml").write_text(
        settings.replace('"EUR"', '"USD"').replace("ordered = false", "ordered = true")
    )

    shown = stopped_on_each.run("push", str(folder), "--dry-run")
    assert shown.returncode == 1, shown.stderr
    for line in ('+  webhook.payload = { text: "paid in full"', '-value = "EUR"', '+value = "USD"', "new: New"):
        assert line in shown.stdout, line
    unasked = stopped_on_each.run("push", str(folder))
    assert unasked.returncode == 1  # nobody can answer here
    assert (await endpoint_now(stopped_on_each, endpoint)).draft_id is None

    done = stopped_on_each.run("push", str(folder), "--yes")
    assert done.returncode == 0, done.stderr
    assert "FAIL A payment" in done.stdout and "Saved as draft 1." in done.stdout
    draft = await written(stopped_on_each, lambda tx: drafts.current(tx, endpoint.id))
    now = await endpoint_now(stopped_on_each, endpoint)
    assert draft and draft.code == NEW_CODE and draft.author.startswith("cli:") and draft.checks
    assert now.version and now.version.code == CODE
    assert now.conditions[0].value == "USD" and now.controls.ordered and now.variables == endpoint.variables
    assert await written(stopped_on_each, lambda tx: set(test_cases.names(tx, endpoint.id))) == {"A payment", "New"}
    assert stopped_on_each.run("push", str(folder), "--dry-run").returncode == 0


async def test_failing_cases_keep_a_push_from_being_activated(stopped_on_each: Running, tmp_path: Path) -> None:
    endpoint = await an_endpoint_with_secrets(stopped_on_each)
    folder = pulled(stopped_on_each, endpoint, tmp_path / "shop")
    (folder / "transform.js").write_text(NEW_CODE)
    refused = stopped_on_each.run("push", str(folder), "--activate", "--yes")
    assert refused.returncode == 1 and "1 test cases fail" in refused.stderr
    assert (await endpoint_now(stopped_on_each, endpoint)).draft_id is None

    done = stopped_on_each.run(
        "push", str(folder), "--activate", "--yes", "--note", "as agreed", "--override", "the case is old"
    )
    assert done.returncode == 0 and "Version 2 is active." in done.stdout, done.stderr
    now = await endpoint_now(stopped_on_each, endpoint)
    assert now.version and (now.version.code, now.version.origin.value) == (NEW_CODE, "import")
    [newest, _] = await written(stopped_on_each, lambda tx: versions.activations_of(tx, endpoint.id))
    assert (newest.failing, newest.override_note, newest.note) == (1, "the case is old", "as agreed")
    assert stopped_on_each.run("push", str(folder), "--dry-run").returncode == 0


async def test_of_two_people_the_second_is_told(stopped: Running, tmp_path: Path) -> None:
    endpoint = await an_endpoint_with_secrets(stopped)
    ada, grace = (pulled(stopped, endpoint, tmp_path / name) for name in ("ada", "grace"))
    for folder, word in ((ada, "ada"), (grace, "grace")):
        (folder / "transform.js").write_text(CODE.replace("paid", word))
        (folder / f"cases/{word}.json").write_text(
            (folder / "cases/a-payment.json").read_text().replace("A payment", f"Of {word}")
        )
    assert stopped.run("push", str(ada), "--yes").returncode == 0
    refused = stopped.run("push", str(grace), "--yes")
    assert refused.returncode == 1 and "Somebody changed this since the pull: transform.js." in refused.stderr
    assert "revision 1" in refused.stderr
    draft = await written(stopped, lambda tx: drafts.current(tx, endpoint.id))
    assert draft and "ada" in draft.code

    forced = stopped.run("push", str(grace), "--yes", "--force")
    assert forced.returncode == 0, forced.stderr
    draft = await written(stopped, lambda tx: drafts.current(tx, endpoint.id))
    assert draft and "grace" in draft.code and draft.revision == 2


async def test_what_others_changed_elsewhere_stays(stopped: Running, tmp_path: Path) -> None:
    """Ada pushes code; meanwhile Grace adds a case and changes the filter on the page."""
    endpoint = await an_endpoint_with_secrets(stopped)
    folder = pulled(stopped, endpoint, tmp_path / "shop")
    (folder / "transform.js").write_text(NEW_CODE)

    def on_the_page(tx: Transaction) -> None:
        endpoints.change(tx, replace(endpoint, conditions=(), updated_at=endpoint.updated_at + 1))
        test_cases.insert(tx, endpoint.id, [a_case(name="Of Grace")], "grace", endpoint.created_at)

    await written(stopped, on_the_page)
    for _ in range(2):  # the second time, too, although the folder has been pushed since
        done = stopped.run("push", str(folder), "--yes")
        assert done.returncode == 0, done.stderr
        assert "Stays as somebody changed it since the pull: endpoint.toml" in done.stdout
        now = await endpoint_now(stopped, endpoint)
        assert now.conditions == () and now.draft_id
        names = await written(stopped, lambda tx: set(test_cases.names(tx, endpoint.id)))
        assert names == {"A payment", "Of Grace"}


async def test_a_draft_saved_on_the_page_is_not_overwritten(stopped: Running, tmp_path: Path) -> None:
    endpoint = await an_endpoint_with_secrets(stopped)
    folder = pulled(stopped, endpoint, tmp_path / "shop")
    await somebody_saves(stopped, endpoint, CODE + "// by grace\n")
    unchanged = stopped.run("push", str(folder), "--activate", "--yes")
    assert unchanged.returncode == 0 and "Stays as somebody changed it" in unchanged.stdout

    (folder / "transform.js").write_text(NEW_CODE)
    refused = stopped.run("push", str(folder), "--yes", "--activate")
    assert refused.returncode == 1 and "The draft is revision 1, by grace." in refused.stderr

    other = pulled(stopped, endpoint, tmp_path / "other", "--draft")
    assert "by grace" in (other / "transform.js").read_text()
    activated = stopped.run("push", str(other), "--activate", "--yes")
    assert activated.returncode == 0 and "Version 2 is active." in activated.stdout


async def test_ci_pushes_over_earlier_pushes_but_not_over_people(stopped: Running, tmp_path: Path) -> None:
    """The lock in git stays as it was pulled: CI does not commit."""
    endpoint = await an_endpoint_with_secrets(stopped, a_case("one", name="Counts"))
    folder = pulled(stopped, endpoint, tmp_path / "shop")
    lock = (folder / "endpoint.lock").read_text()

    def committed(word: str) -> list[str]:
        (folder / "endpoint.lock").write_text(lock)
        (folder / "transform.js").write_text(CODE.replace("paid", word))
        case = (folder / "cases/counts.json").read_text()
        (folder / "cases/counts.json").write_text(
            case.replace('"equals": "one"', f'"equals": "{word}"').replace('"equals": "two"', f'"equals": "{word}"')
        )
        return ["push", str(folder), "--activate", "--yes"]

    for word in ("two", "three"):
        done = stopped.run(*committed(word), "--from-git")
        assert done.returncode == 0, done.stderr
    assert stopped.run(*committed("three")).returncode == 0  # nothing differs
    assert stopped.run(*committed("four")).returncode == 1
    await somebody_saves(stopped, endpoint, CODE + "// by grace\n")
    assert stopped.run(*committed("four"), "--from-git").returncode == 1
    now = await endpoint_now(stopped, endpoint)
    assert now.version and (now.version.number, "three" in now.version.code) == (3, True)


async def test_pulled_files_that_were_edited_are_kept(stopped: Running, tmp_path: Path) -> None:
    endpoint = await an_endpoint_with_secrets(stopped)
    folder = pulled(stopped, endpoint, tmp_path / "shop")
    (folder / "transform.js").write_text(NEW_CODE)
    (folder / "cases/mine.json").write_text((folder / "cases/a-payment.json").read_text().replace("A payment", "Mine"))
    refused = stopped.run("pull", endpoint.id, str(folder))
    assert refused.returncode == 1 and "transform.js" in refused.stderr and "mine.json" not in refused.stderr
    assert (folder / "transform.js").read_text() == NEW_CODE

    await written(
        stopped, lambda tx: test_cases.remove(tx, endpoint.id, list(test_cases.names(tx, endpoint.id).values()))
    )
    forced = stopped.run("pull", endpoint.id, str(folder), "--force")
    assert forced.returncode == 0, forced.stderr
    assert (folder / "transform.js").read_text() == CODE
    assert [file.name for file in (folder / "cases").iterdir()] == ["mine.json"]


async def test_variables_come_and_go_with_the_code(stopped: Running, tmp_path: Path) -> None:
    endpoint = await an_endpoint_with_secrets(stopped)
    folder = pulled(stopped, endpoint, tmp_path / "shop")
    settings = (folder / "endpoint.toml").read_text()
    (folder / "endpoint.toml").write_text(settings.replace('["API_TOKEN", "CHANNEL"]', '["CHANNEL", "REGION"]'))
    refused = stopped.run("push", str(folder), "--activate", "--yes")
    assert refused.returncode == 1 and "These variables have no value: REGION." in refused.stderr
    done = stopped.run("push", str(folder), "--activate", "--yes", "--env", "REGION=canary-region-value-12345")
    assert done.returncode == 0, done.stderr
    assert "canary" not in done.stdout
    now = await endpoint_now(stopped, endpoint)
    assert dict(now.variables) == {"CHANNEL": "#sales", "REGION": "canary-region-value-12345"}


REFUSED = (
    ("transform.js", "return webhook;", "return (webhook;", "code: Line 3"),
    ("transform.js", '"paid"', f'"{SECRETS[1]}"', "transform.js holds a secret of this endpoint."),
    ("cases/a-payment.json", "#sales", SECRETS[0], "cases/a-payment.json holds a secret of this endpoint."),
    ("endpoint.toml", 'card = "webhook"', 'card = "slack"', "The folder is for the card slack"),
    ("endpoint.toml", "variables", f'url = "https://hooks.slack.com/services/{"a" * 24}"\nvariables', "a secret"),
    ("endpoint.toml", '"refund.succeeded"', '"refund.sukzeeded"', "There is no event type"),
    ("endpoint.toml", "ordered = false", "concurrency = 500", "from 1 to 100"),
    ("endpoint.toml", "ordered = false", "orderd = false", "is not a key"),
)


async def test_what_cannot_be_pushed_is_told(stopped: Running, tmp_path: Path) -> None:
    endpoint = await an_endpoint_with_secrets(stopped)
    folder = pulled(stopped, endpoint, tmp_path / "shop")
    for file, before, after, sentence in REFUSED:
        text = (folder / file).read_text()
        assert before in text
        (folder / file).write_text(text.replace(before, after))
        done = stopped.run("push", str(folder), "--yes")
        assert done.returncode in (1, 2) and sentence in done.stderr, done.stdout + done.stderr
        assert not [secret for secret in SECRETS if secret in done.stdout + done.stderr]
        (folder / file).write_text(text)
    assert (await endpoint_now(stopped, endpoint)).draft_id is None


async def test_a_secret_in_code_or_case_is_not_pulled(stopped: Running, tmp_path: Path) -> None:
    case = a_case(variables={"API_TOKEN": SECRETS[1]})
    endpoint = await an_endpoint_with_secrets(stopped, case)
    folder = pulled(stopped, endpoint, tmp_path / "shop")
    assert SECRETS[1] not in (folder / "cases/a-payment.json").read_text()
    assert stopped.run("push", str(folder), "--dry-run").returncode == 0

    await somebody_saves(stopped, endpoint, CODE.replace("paid", SECRETS[0]))
    refused = stopped.run("pull", endpoint.id, str(tmp_path / "other"), "--draft")
    assert refused.returncode == 1 and "transform.js holds a secret of this endpoint." in refused.stderr
    assert not (tmp_path / "other").exists()
    shown = stopped.run("activate", endpoint.id, "--override", "a test")
    assert shown.returncode == 0 and "+  webhook.payload" in shown.stdout and SECRETS[0] not in shown.stdout


async def test_an_endpoint_is_named_by_id_or_name(stopped: Running, tmp_path: Path) -> None:
    first = await an_endpoint_with_secrets(stopped)
    second = await an_endpoint_with_secrets(stopped)
    both = stopped.run("pull", "Payments to the shop", str(tmp_path / "shop"))
    assert both.returncode == 2 and first.id in both.stderr and second.id in both.stderr
    nobody = stopped.run("pull", "no such", str(tmp_path / "shop"))
    assert nobody.returncode == 2 and "There is no endpoint 'no such'" in nobody.stderr
    unnamed = stopped.run("push", str(tmp_path))
    assert unnamed.returncode == 2 and "endpoint.toml: The file is missing." in unnamed.stderr
    assert not [secret for secret in SECRETS if secret in both.stderr + nobody.stderr]


async def test_a_pull_writes_and_reads_nothing_outside_the_folder(stopped: Running, tmp_path: Path) -> None:
    endpoint = await an_endpoint_with_secrets(stopped)
    outside = tmp_path / "outside"
    outside.mkdir()
    for number, (name, target) in enumerate(
        [("transform.js", outside / "new.js"), ("cases", outside), ("endpoint.lock", outside / "lock")]
    ):
        folder = tmp_path / f"shop-{number}"
        folder.mkdir()
        (folder / name).symlink_to(target)
        done = stopped.run("pull", endpoint.id, str(folder), "--force")
        assert done.returncode == 2 and "leads out of the folder" in done.stderr
        assert not list(outside.iterdir())
    for name, target in (("transform.js", "/dev/zero"), ("endpoint.lock", "/dev/zero"), ("endpoint.toml", "/")):
        folder = tmp_path / f"device-{name}"
        folder.mkdir()
        (folder / name).symlink_to(target)
        done = stopped.run("pull", endpoint.id, str(folder), "--force")
        assert done.returncode == 2 and "is no file" in done.stderr
