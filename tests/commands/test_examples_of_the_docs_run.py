"""The JavaScript and the folder of an endpoint in the docs do what the page says, in both languages."""

import json
import re
import shlex
from pathlib import Path

import pytest
from running import Running

from server.assets import templates_dir
from server.cli import main
from server.web.i18n import LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_example_gives_a_request(stopped: Running, tmp_path: Path, language: str) -> None:
    text = (templates_dir() / "docs" / language / "code.md").read_text()
    examples = re.findall(r"```js.*?\n(.*?)```", text, re.DOTALL)
    assert examples
    for number, code in enumerate(examples):
        if "function handler" not in code:  # a line for a handler of one's own
            code = f"function handler(webhook) {{ webhook.payload = {{ text: '49.99 USD' }}; {code} return webhook; }}"
        file = tmp_path / f"{number}.js"
        file.write_text(code)
        result = json.loads(stopped.run("try", str(file), "--event", "payment.succeeded", "--json").stdout)
        assert result["outcome"] == "sent" and result["warnings"] == []
        assert "49.99 USD" in json.loads(result["request"]["body"])["text"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_folder_of_an_endpoint_passes_its_test_case(stopped: Running, tmp_path: Path, language: str) -> None:
    text = (templates_dir() / "docs" / language / "git.md").read_text()
    files = dict(re.findall(r"```(?:toml|js|json) (\S+)\n(.*?)```", text, re.DOTALL))
    assert set(files) == {"endpoint.toml", "transform.js", "cases/euros.json"}
    for path, content in files.items():
        (tmp_path / "shop" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "shop" / path).write_text(content)
    done = stopped.run("test", str(tmp_path / "shop"))
    assert (done.returncode, "1 passed" in done.stdout) == (0, True), done.stdout + done.stderr


@pytest.mark.parametrize("language", LANGUAGES)
def test_commands_of_the_ci_job_are_understood(language: str) -> None:
    """Each command line of the job is one that the program accepts, options and all."""
    text = (templates_dir() / "docs" / language / "git.md").read_text()
    [job] = re.findall(r"```yaml \S+\n(.*?)```", text, re.DOTALL)
    lines = re.findall(r"- run: \S*bin/hookbench (.*)", job)
    assert len(lines) == 2
    for line in lines:
        name, *arguments = shlex.split(line)
        folders = [each for each in arguments if each.startswith("endpoints")]
        command = main.commands[name]
        options = {option for one in command.params for option in one.opts}
        assert folders and {each for each in arguments if each.startswith("--")} <= options, line
