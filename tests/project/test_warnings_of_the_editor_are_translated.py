"""The editor's scripts have their sentences themselves: each has its Chinese."""

import re
from pathlib import Path

SCRIPTS = Path(__file__).parent.parent.parent / "static" / "js"
CHINESE = set(re.findall(r'^  (?:"(.+?)"|(\w+)):\s', (SCRIPTS / "editor-phrases.js").read_text(), flags=re.M))
KNOWN = {quoted or bare for quoted, bare in CHINESE}


def test_each_warning_and_note_is_translated() -> None:
    text = (SCRIPTS / "type-phrases.js").read_text()
    sentences = re.findall(r'^  \w+:\s+"(.+)",$', text, flags=re.M)
    assert len(sentences) > 25
    assert [each for each in sentences if each not in KNOWN] == []


def test_each_phrase_of_the_tools_is_translated() -> None:
    text = (SCRIPTS / "editor-tools.js").read_text()
    calls = re.findall(r"phrase\(([^;]*?)\)", text)
    phrases = [phrase for call in calls for phrase in re.findall(r'"([^"]+)"', call)]
    assert len(phrases) > 8
    assert [each for each in phrases if each not in KNOWN] == []
