"""The JavaScript in the docs does what the page says, in both languages."""

import json
import re
from pathlib import Path

import pytest
from running import Running

from server.assets import templates_dir
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
