"""What is made in one place stays there: endpoints, rows of deliveries, operational events, loops, cached settings."""

import ast
from functools import cache
from pathlib import Path

SERVER = Path(__file__).parent.parent.parent / "server"


@cache
def trees() -> list[tuple[str, ast.Module]]:
    files = sorted(SERVER.rglob("*.py"))
    return [(file.relative_to(SERVER).as_posix(), ast.parse(file.read_text())) for file in files]


def calls_of(name: str) -> set[str]:
    """The files that call it by this name."""
    return {
        file
        for file, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == name
    }


def dicts_with(*keys: str) -> set[str]:
    """The files that write out a dictionary that has all these keys."""
    return {
        file
        for file, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict) and set(keys) <= {key.value for key in node.keys if isinstance(key, ast.Constant)}
    }


def test_an_endpoint_is_built_from_a_row_or_by_new() -> None:
    assert calls_of("Endpoint") == {"store/endpoints.py"}
    assert calls_of("Endpoint.new") == {"actions/case_runs.py", "actions/endpoint_form.py", "cli.py"}


def test_a_row_of_a_delivery_is_made_in_one_function() -> None:
    assert dicts_with("message_id", "endpoint_id", "due_at") == {"store/delivery_rows.py"}
    assert calls_of("Delivery") == {"store/delivery_rows.py"}


def test_an_operational_event_is_an_entry_of_the_registry() -> None:
    assert calls_of("OperationalEventType") == {"domain/operational_event_types.py"}


def test_an_endpoint_of_a_page_is_looked_up_in_one_function() -> None:
    web = {file for file in calls_of("endpoints.get") if file.startswith("web/")}
    assert web == {"web/endpoint_frame.py"}


def test_nothing_in_delivery_runs_for_ever_outside_a_supervised_loop() -> None:
    endless = {
        file
        for file, tree in trees()
        if file.startswith("delivery/")
        for node in ast.walk(tree)
        if isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and "sleep" in ast.unparse(node)
    }
    # These end: a resolved write, all that is old deleted.
    assert endless == {"delivery/retention.py", "delivery/recorder.py"}
