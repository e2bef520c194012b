"""``hookbench try``: one file through the sandbox, printed for people or as one JSON object."""

import json
from pathlib import Path

import pytest
from running import Running

SEED = Path(__file__).parent.parent / "fixtures" / "seed"


def tried(stopped: Running, file: Path, *options: str) -> tuple[int, dict[str, object]]:
    done = stopped.run("try", str(file), "--json", *options)
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    assert set(found) == {"outcome", "request", "console", "error", "ms", "warnings"}
    return done.returncode, found


def written(folder: Path, code: str) -> Path:
    file = folder / "code.js"
    file.write_bytes(code.encode())
    return file


def test_the_finished_request_is_printed_whole(stopped: Running) -> None:
    code, found = tried(stopped, SEED / "track_payments.js", "--event", "payment.succeeded")
    assert (code, found["outcome"], found["error"]) == (0, "sent", None)
    request = found["request"]
    assert isinstance(request, dict)
    assert (request["method"], request["url"]) == ("POST", "https://track.customer.io/api/v2/entity")
    assert request["headers"]["content-type"] == "application/json"
    assert json.loads(request["body"])["action"] == "payment_completed"


def test_payload_variables_and_own_headers_are_taken(stopped: Running, tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "function handler(w) { console.warn('hi', w.eventType); w.payload = w.payload.data.n + w.env.A;"
        " w.headers = {authorization: 'Bearer ' + w.env.B}; return w }",
    )
    payload = tmp_path / "event.json"
    payload.write_text('{"type": "custom.event", "data": {"n": "x"}}')
    code, found = tried(stopped, file, "--payload", str(payload), "--env", "A=1=2", "--env", "B=key")
    assert code == 0
    assert found["request"]["body"] == "x1=2"  # type: ignore[index]
    assert found["request"]["headers"]["authorization"] == "Bearer key"  # type: ignore[index]
    assert found["console"] == [{"level": "warn", "text": "hi custom.event"}]


SECRET = "sk_live_51H8xYq2eZvKYlo2C"


@pytest.mark.parametrize(
    "code",
    [
        "function handler(w) { console.log(w.env.KEY); w.headers = {'x-key': w.env.KEY}; "
        "w.url = 'https://a.example/?k=' + w.env.KEY; w.payload = {key: w.env.KEY, again: [w.env.KEY]}; return w }",
        "function handler(w) { console.log('is', w.env.KEY); throw new Error('no ' + w.env.KEY) }",
        "function handler(w) { w.url = 'http://10.0.0.1/' + w.env.KEY; return w }",
    ],
)
def test_a_key_in_a_variable_is_not_printed(stopped: Running, tmp_path: Path, code: str) -> None:
    file = written(tmp_path, code)
    for how in ("--json",), ():
        ran = stopped.run("try", str(file), "--env", f"KEY={SECRET}", *how)
        assert SECRET not in ran.stdout + ran.stderr
        assert not how or "\\u2022\\u2022" in ran.stdout, ran.stdout


@pytest.mark.parametrize("code", ["function handler(w) { return null }", "const handler = w => ({...w, cancel: true})"])
def test_a_cancelled_event_is_no_failure(stopped: Running, tmp_path: Path, code: str) -> None:
    status, found = tried(stopped, written(tmp_path, code))
    assert (status, found["outcome"], found["request"], found["error"]) == (0, "cancelled", None, None)


def test_an_error_names_kind_line_and_column(stopped: Running, tmp_path: Path) -> None:
    status, found = tried(stopped, written(tmp_path, "function handler(w) {\n  return w.payload.data.no.more;\n}"))
    assert (status, found["outcome"], found["request"]) == (1, "failed", None)
    error = found["error"]
    assert isinstance(error, dict)
    assert error["kind"] == "threw"
    assert error["line"] == 2
    assert "Cannot read properties of undefined (reading 'more')" in error["message"]


def test_a_private_address_is_refused_as_in_live_traffic(stopped: Running, tmp_path: Path) -> None:
    file = written(tmp_path, "function handler(w) { w.url = 'http://169.254.169.254/latest'; return w }")
    status, found = tried(stopped, file)
    assert (status, found["outcome"]) == (1, "failed")
    assert "link-local" in found["error"]["message"]  # type: ignore[index]


def test_people_get_words(stopped: Running) -> None:
    done = stopped.run("try", str(SEED / "track_payments.js"))
    assert done.returncode == 0
    assert done.stdout.startswith("POST https://track.customer.io/api/v2/entity\n")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--event", "payment.sneezed"), "'payment.sneezed' is not an event type."),
        (("--env", "KEY"), "--env takes KEY=VALUE, and 'KEY' has no equals sign."),
    ],
)
def test_a_wrong_option_is_answered_with_a_sentence(stopped: Running, options: tuple[str, ...], sentence: str) -> None:
    done = stopped.run("try", str(SEED / "track_payments.js"), *options)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_that_code_prints_commands_the_terminal(stopped: Running, tmp_path: Path) -> None:
    file = written(
        tmp_path,
        r"function handler(w) { console.log('\x1b[2J\x9b31m'); w.payload = '\x1b]0;title\x07\u202e'; return w }",
    )
    done = stopped.run("try", str(file))
    assert "\\x1b]0;title\\x07" in done.stdout  # the body; console and errors lose control characters in the sandbox
    assert not {"\x1b", "\x9b", "\x07", "\u202e"} & set(done.stdout + done.stderr)


def test_nothing_that_code_throws_commands_the_terminal(stopped: Running, tmp_path: Path) -> None:
    done = stopped.run("try", str(written(tmp_path, r"function handler(w) { throw new Error('\x1b[31mred') }")))
    assert "[31mred" in done.stdout
    assert "\x1b" not in done.stdout
