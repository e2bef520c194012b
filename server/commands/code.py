"""The commands about an endpoint's code: test, pull, push, activate, rollback, history, backtest.

What they do is in other modules, which are imported only when they run: see ``cli``.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from server.commands.shared import DATA, Stop, variables_of

Command = TypeVar("Command", bound=Callable[..., Any])

ENDPOINT = click.argument("endpoint")
NOTE = click.option("--note", default="", help="Why; the history keeps it.")
OVERRIDE = click.option("--override", default="", metavar="WHY", help="Activate although test cases fail, and why.")


@click.command("test")
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="Write the results to this XML file.")
@click.option("--update", is_flag=True, help="Show how expectations would change, and change them in their files.")
@click.option("--yes", is_flag=True, help="With --update: change them without asking.")
@click.option(
    "--actual",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write what failing cases expect and what the code makes into this folder.",
)
@click.option("--coverage", is_flag=True, help="Say which branches and lines of the code the cases run.")
@click.option(
    "--lcov", type=click.Path(dir_okay=False, path_type=Path), help="Write the coverage to this file in lcov's format."
)
def test(folders: tuple[Path, ...], **asked: Any) -> None:
    """Run the test cases of endpoint folders in the sandbox. Nothing is sent, and no server is needed.

    A folder has endpoint.toml, transform.js and cases/*.json; a folder of such folders can be named, too. The exit code
    is 0 if every case passes, 1 if one fails or could not be run, and 2 if a file cannot be used.
    """
    from server.commands import test_cases

    test_cases.test(folders, **asked)


@click.command()
@ENDPOINT
@click.argument("folder", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option("--draft", is_flag=True, help="Write the draft, if there is one, instead of the active code.")
@click.option("--force", is_flag=True, help="Overwrite files that were changed since the last pull.")
@DATA
def pull(endpoint: str, folder: Path | None, draft: bool, force: bool, data: Path | None) -> None:
    """Write an endpoint as a folder of files, for git: its code, its settings and its test cases. Never a secret.

    ENDPOINT is its id, or its name if no other endpoint has it. FOLDER is named after the endpoint if left out.
    """
    from server.commands import folders, opened

    opened.run(data, lambda everything: folders.pull(everything, endpoint, folder, draft=draft, force=force))


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("endpoint", required=False)
@click.option("--activate", is_flag=True, help="Make the code active as a new version, if its test cases pass.")
@NOTE
@OVERRIDE
@click.option("--env", "variables", multiple=True, metavar="KEY=VALUE", help="The value of a variable; repeatable.")
@click.option("--from-git", is_flag=True, help="Replace what earlier pushes left, too, but nothing else.")
@click.option("--force", is_flag=True, help="Replace what others changed since the pull.")
@click.option("--dry-run", is_flag=True, help="Only say what would change; exit code 1 if anything would.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@DATA
def push(folder: Path, endpoint: str | None, variables: tuple[str, ...], data: Path | None, **asked: Any) -> None:
    """Push a folder that was pulled: show what changes, ask, and change it.

    The code becomes the draft, or a new version with --activate. Settings and test cases change at once. What somebody
    changed in Hookbench since the pull is not overwritten. The exit code is 0 when it was pushed or nothing differs,
    and 1 when it was refused.
    """
    from server.commands import opened, pushing

    options = pushing.PushOptions(given=variables_of(variables), **asked)
    code = opened.run(data, lambda everything: pushing.push(everything, folder, endpoint, options), sandbox=True)
    sys.exit(code)


@click.command()
@ENDPOINT
@click.option("--draft", is_flag=True, help="Activate the draft. This is the default.")
@click.option("--version", "number", type=click.IntRange(1), help="Activate the version with this number.")
@NOTE
@OVERRIDE
@DATA
def activate(endpoint: str, draft: bool, number: int | None, note: str, override: str, data: Path | None) -> None:
    """Run the test cases, and make the draft or a version active: it runs on the next event.

    The exit code is 1 when a test case fails, and nothing is activated then.
    """
    from server.commands import opened, versions

    if draft and number:
        raise Stop("Choose one: --draft or --version.")
    opened.run(data, lambda everything: versions.activate(everything, endpoint, number, note, override), sandbox=True)


@click.command()
@ENDPOINT
@click.option("--to", "number", type=click.IntRange(1), help="The number of the version; else the one before.")
@NOTE
@DATA
def rollback(endpoint: str, number: int | None, note: str, data: Path | None) -> None:
    """Make the version active that was active before. Only the code changes."""
    from server.commands import opened, versions

    opened.run(data, lambda everything: versions.roll_back(everything, endpoint, number, note))


@click.command()
@ENDPOINT
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@DATA
def history(endpoint: str, as_json: bool, data: Path | None) -> None:
    """List the versions of an endpoint's code, and which was active when."""
    from server.commands import opened, versions

    opened.run(data, lambda everything: versions.history(everything, endpoint, as_json=as_json))


@click.command()
@ENDPOINT
@click.option("--version", "number", type=click.IntRange(1), help="Test the version with this number, not the draft.")
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Test the code in this folder, and keep nothing.",
)
@click.option("--last", type=click.IntRange(1), help="How many of the newest events, 1000 if left out.")
@click.option("--since", default="", metavar="TIME", help="Only events from this time on, as 2026-11-27T08:30 in UTC.")
@click.option("--until", default="", metavar="TIME", help="Only events before this time; now if left out.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@DATA
def backtest(endpoint: str, folder: Path | None, number: int | None, data: Path | None, **asked: Any) -> None:
    """Run the draft on stored events beside the active code, and say what differs. Nothing is sent.

    The exit code is 1 when the draft throws or breaks the card's contract where the active code does not.
    """
    from server.commands import backtests, opened

    if folder and number:
        raise Stop("Choose one: --folder or --version.")
    options = backtests.BacktestOptions(number, folder, **asked)
    sys.exit(opened.run(data, lambda everything: backtests.backtest(everything, endpoint, options), sandbox=True))


COMMANDS = (test, pull, push, activate, rollback, history, backtest)
