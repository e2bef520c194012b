"""What an endpoint's folder was pulled from: the file ``endpoint.lock``. It tells ``push`` what others changed since.

It holds hashes, numbers and names of files; nothing of them is secret. It belongs in git with the rest of the folder.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from server.domain.checked_values import MalformedFile
from server.domain.endpoint_files import EndpointFile, Folder
from server.domain.endpoint_files import dump as dump_endpoint
from server.domain.ids import EndpointId
from server.domain.sentences import say
from server.domain.test_case_files import dump as dump_case

LOCK_FILE = "endpoint.lock"
MAX_LOCK_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """Hashes of the parts of a folder that change one by one."""

    code: str
    """The code, its switch and the names of its variables: what a draft holds."""
    settings: str
    """The rest of ``endpoint.toml``."""
    cases: Mapping[str, str]
    """By the case's name."""

    @staticmethod
    def of(folder: Folder) -> "Fingerprints":
        return Fingerprints(
            digest(json.dumps([folder.code, folder.endpoint.transforming, sorted(folder.endpoint.variables)])),
            digest(dump_endpoint(settings_alone(folder.endpoint))),
            {case.name: digest(dump_case(case)) for case in folder.cases},
        )

    def dump(self) -> str:
        return json.dumps({"code": self.code, "settings": self.settings, "cases": dict(self.cases)})

    @staticmethod
    def load(text: str) -> "Fingerprints":
        """The hashes that ``dump`` wrote. Raises ``ValueError`` and its like when the text is damaged."""
        return _fingerprints(json.loads(text))


@dataclass(frozen=True, slots=True)
class Pulled:
    """The content of ``endpoint.lock``."""

    endpoint_id: EndpointId
    version: int
    """The number of the version that was active; 0 when there was none."""
    draft: int
    """The revision of the draft that the folder has; 0 when it has the active code."""
    fingerprints: Fingerprints
    """Of what Hookbench had."""
    files: Mapping[str, str] = field(default_factory=dict)
    """The hash of each file as it was written, by its path."""

    def dump(self) -> str:
        content = {
            "endpoint": self.endpoint_id,
            "version": self.version,
            "draft": self.draft,
            "code": self.fingerprints.code,
            "settings": self.fingerprints.settings,
            "cases": dict(sorted(self.fingerprints.cases.items())),
            "files": dict(sorted(self.files.items())),
        }
        return json.dumps(content, indent=2) + "\n"

    @staticmethod
    def load(text: str) -> "Pulled":
        """What the text of ``endpoint.lock`` says. Raises ``MalformedFile``."""
        try:
            content = json.loads(text)
            return Pulled(
                EndpointId(str(content["endpoint"])),
                int(content["version"]),
                int(content["draft"]),
                _fingerprints(content),
                {str(path): str(value) for path, value in content["files"].items()},
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            sentence = say("It cannot be read. Delete it, and pull the endpoint into another folder to compare.")
            raise MalformedFile("", sentence, LOCK_FILE) from None


def settings_alone(file: EndpointFile) -> EndpointFile:
    """The file without what belongs to the code."""
    return replace(file, transforming=True, variables=())


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _fingerprints(content: Any) -> Fingerprints:
    return Fingerprints(
        str(content["code"]),
        str(content["settings"]),
        {str(name): str(value) for name, value in content["cases"].items()},
    )
