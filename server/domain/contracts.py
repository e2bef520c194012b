"""The contract of a card: what its destination accepts, and how the destination's responses read.

A contract is data (``contract.json``): the calls of the destination with a JSON Schema for each body, and rules for
responses. A person's own card may have a contract that is broken or hostile, so everything in it is bounded.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol
from urllib.parse import parse_qsl

from server.domain.contract_findings import Mask, found_in, ordered
from server.domain.contract_schemas import MalformedContract, Pattern, Patterns, Schema, compiled
from server.domain.ids import Millis
from server.domain.messages import ReceivedResponse
from server.domain.readings import Reading
from server.domain.reasons import because
from server.domain.response_rules import ResponseRules, parse_rules
from server.domain.sentences import say
from server.domain.verdicts import FITS, Finding, Verdict

MAX_CONTRACT_BYTES = 256 * 1024
MAX_CALLS = 30
MAX_JUDGED_BYTES = 2 * 1024 * 1024
"""Bodies above this size are not parsed."""
MAX_RATE = 10_000


class Request(Protocol):
    """A request: what a contract looks at."""

    @property
    def method(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> bytes: ...


class Content(StrEnum):
    JSON = "json"
    FORM = "form"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a destination."""

    name: str
    url: Pattern | None
    """``None``: any URL."""
    methods: tuple[str, ...]
    headers: Schema | None
    max_bytes: int | None
    content: Content
    body: Schema | None
    refused: str
    """Why a request to this URL is always wrong; empty for a real call."""


@dataclass(frozen=True, slots=True)
class Contract:
    calls: tuple[Call, ...]
    responses: ResponseRules
    limit: int | None
    """Requests a second that the destination accepts."""
    sentences: tuple[str, ...]
    """The hints and explanations in it, which a card translates."""

    def judge(
        self,
        request: Request,
        *,
        received: bytes | None = None,
        transformed: bool = True,
        now: Millis = 0,
        mask: Mask = str,
    ) -> Verdict:
        """The verdict on a finished request.

        ``received``: the event; if the request only repeats it and is refused for another reason than its URL, the
        code does not handle it, which is one error. ``transformed``: code ran. ``now``: the time for ``timeWithin``,
        otherwise the clock's. ``mask`` masks secrets in what findings show.
        """
        findings = self._findings(request, now, mask)
        if not findings:
            return FITS
        errors = [one for one in findings if not one.warning]
        refused_url = any(one.path == "url" for one in errors)
        if errors and not refused_url and received is not None and is_unchanged(request.body, received):
            key = "contract_not_handled" if transformed else "contract_not_transformed"
            return Verdict.of([Finding("", False, because(key))])
        return Verdict.of(ordered(findings))

    def read(self, response: ReceivedResponse, now: Millis, mask: Mask = str) -> Reading:
        """What a response of the destination means."""
        return self.responses.read(response, now, mask)

    def _findings(self, request: Request, now: Millis, mask: Mask) -> list[Finding]:
        address = re.split(r"[?#]", request.url, maxsplit=1)[0]
        calls = [call for call in self.calls if call.url is None or call.url.matches(address)]
        if not calls:
            if not self.calls:
                return []
            return [Finding("url", True, because("contract_unknown_call"), steps=("url",))]
        call = next((call for call in calls if request.method in call.methods), None)
        if refused := (call or calls[0]).refused:
            return [Finding("url", False, because("contract_refused_url"), hint=refused, steps=("url",))]
        if call is None:
            allowed = tuple(dict.fromkeys(method for call in calls for method in call.methods))
            cause = because("contract_method", value=request.method, allowed=", ".join(allowed))
            return [Finding("method", False, cause, allowed, steps=("method",))]
        return [*_of_headers(call, request, now, mask), *_of_body(call, request, now, mask)]


def parse_contract(text: str, *, trusted: bool = False) -> Contract:
    """The contract in the text of ``contract.json``. Raises ``MalformedContract`` with the key and a sentence.

    ``trusted``: one of ours, whose schemas are not checked again.
    """
    if len(text.encode("utf-8", "replace")) > MAX_CONTRACT_BYTES:
        raise MalformedContract("", say("The contract is larger than {limit} KiB.", limit=MAX_CONTRACT_BYTES // 1024))
    try:
        content = json.loads(text)
    except RecursionError:
        raise MalformedContract("", say("The contract is nested too deeply.")) from None
    except ValueError as error:
        raise MalformedContract("", say("The contract is not JSON: {reason}", reason=str(error)[:200])) from error
    if not isinstance(content, dict):
        raise MalformedContract("", say("The contract must be an object."))
    if _has_surrogate(text, content):
        raise MalformedContract("", say("The contract contains half of a character."))
    for key in content.keys() - {"calls", "responses", "waits", "limit", "$defs", "$comment"}:
        raise MalformedContract(key, say("is not a key that contracts know."))
    patterns = Patterns(trusted=trusted)
    calls = content.get("calls", [])
    if not isinstance(calls, list):
        raise MalformedContract("calls", say("must be a list."))
    if len(calls) > MAX_CALLS:
        raise MalformedContract("calls", say("has more than {limit} entries.", limit=MAX_CALLS))
    defs = content.get("$defs", {})
    if not isinstance(defs, dict):
        raise MalformedContract("$defs", say("must be an object."))
    limit = content.get("limit")
    if limit is not None and (not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= MAX_RATE):
        raise MalformedContract("limit", say("must be a whole number from 1 to {limit}.", limit=MAX_RATE))
    return Contract(
        tuple(_call(one, f"calls[{index}]", patterns, defs) for index, one in enumerate(calls)),
        parse_rules(content, patterns),
        limit,
        tuple(dict.fromkeys(_sentences(content))),
    )


def is_unchanged(body: bytes, received: bytes) -> bool:
    """Whether a body says the same as the received event, however it is written."""
    if body == received:
        return bool(body)
    try:
        return bool(json.loads(body) == json.loads(received))
    except (ValueError, RecursionError):
        return False


def _of_headers(call: Call, request: Request, now: Millis, mask: Mask) -> list[Finding]:
    if call.headers is None:
        return []
    headers = {name.lower(): value for name, value in request.headers.items()}

    def judged(headers: Mapping[str, str]) -> list[Finding]:
        assert call.headers is not None
        if call.headers.is_valid(headers, now):
            return []
        found = found_in(call.headers, headers, now=now, mask=_hidden, name=_of_header)
        return [replace(one, steps=("header", *one.steps)) for one in found]

    return _despite_surrogates(judged, headers)


def _of_header(steps: Any) -> str:
    return "header:" + ".".join(str(step) for step in steps)


def _hidden(text: str) -> str:
    """Names of headers are shown, but never their values, which may be keys."""
    return text if not text.startswith('"') else "“…”"


def _of_body(call: Call, request: Request, now: Millis, mask: Mask) -> list[Finding]:
    found: list[Finding] = []
    size = len(request.body)
    if call.max_bytes is not None and size > call.max_bytes:
        sizes = {"length": f"{size:,}", "limit": f"{call.max_bytes:,}"}
        found.append(Finding("", False, because("contract_bytes", field=because("contract_the_body"), **sizes)))
    if call.body is None or call.content is Content.ANY:
        return found
    if size > MAX_JUDGED_BYTES:
        return found or [Finding("", True, because("contract_not_checked"))]
    body = _parsed(request.body, call.content)
    if body is None:
        return [*found, Finding("", False, because("contract_not_json"))]

    def judged(value: object) -> list[Finding]:
        assert call.body is not None
        return [] if call.body.is_valid(value, now) else found_in(call.body, value, now=now, mask=mask)

    return [*found, *_despite_surrogates(judged, body[0])]


def _parsed(body: bytes, content: Content) -> tuple[object] | None:
    """The parsed body in a tuple; ``None`` if it is not JSON. Digits beyond what Python reads count as a float."""
    if content is Content.FORM:
        return (dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)),)
    try:
        return (json.loads(body, parse_int=_int),)
    except (ValueError, RecursionError):
        return None


def _int(digits: str) -> int | float:
    return int(digits) if len(digits) < 1000 else float(digits)


def _despite_surrogates(judged: Callable[[Any], list[Finding]], value: Any) -> list[Finding]:
    """The findings of a value, in which half characters count as U+FFFD, as the schema library cannot read them."""
    try:
        return judged(value)
    except UnicodeEncodeError:
        return judged(json.loads(re.sub(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}", r"\\ufffd", json.dumps(value))))


_CALL = frozenset({"name", "url", "methods", "headers", "max_bytes", "content", "body", "refused", "$comment"})
_METHOD = re.compile(r"[A-Z]{1,16}")


def _call(call: object, path: str, patterns: Patterns, defs: Mapping[str, Any]) -> Call:
    if not isinstance(call, dict):
        raise MalformedContract(path, say("must be an object."))
    for key in call.keys() - _CALL:
        raise MalformedContract(f"{path}.{key}", say("is not a key that contracts know."))
    for key in ("name", "refused"):
        if not isinstance(call.get(key, ""), str):
            raise MalformedContract(f"{path}.{key}", say("must be text."))
    methods = call.get("methods", ["POST"])
    if not isinstance(methods, list) or not methods or not all(_is_method(one) for one in methods):
        raise MalformedContract(f"{path}.methods", say("must be a list of methods, such as POST."))
    max_bytes = call.get("max_bytes")
    if max_bytes is not None and (not isinstance(max_bytes, int) or isinstance(max_bytes, bool) or max_bytes < 1):
        raise MalformedContract(f"{path}.max_bytes", say("must be a whole number above 0."))
    if call.get("content", Content.JSON) not in list(Content):
        raise MalformedContract(f"{path}.content", say("must be one of {names}.", names=", ".join(Content)))
    return Call(
        name=call.get("name", ""),
        url=patterns.compiled(call["url"], f"{path}.url", whole=True) if "url" in call else None,
        methods=tuple(methods),
        headers=compiled(call["headers"], f"{path}.headers", patterns, defs=defs) if "headers" in call else None,
        max_bytes=max_bytes,
        content=Content(call.get("content", Content.JSON)),
        body=_body(call["body"], f"{path}.body", patterns, defs) if "body" in call else None,
        refused=call.get("refused", ""),
    )


def _body(schema: object, path: str, patterns: Patterns, defs: Mapping[str, Any]) -> Schema:
    _needs_hints(schema, path)
    for name, definition in defs.items():
        _needs_hints(definition, f"$defs.{name}")
    return compiled(schema, path, patterns, defs=defs)


def _needs_hints(node: object, path: str, depth: int = 0) -> None:
    """Raises ``MalformedContract`` for an ``anyOf`` or ``oneOf`` without a hint: its errors cannot be explained."""
    if depth > 100:
        return  # refused by its depth
    if isinstance(node, list):
        for index, inner in enumerate(node):
            _needs_hints(inner, f"{path}[{index}]", depth + 1)
    if not isinstance(node, dict):
        return
    for keyword in ("anyOf", "oneOf"):
        if isinstance(node.get(keyword), list) and "hint" not in node:
            raise MalformedContract(f"{path}.{keyword}", say("needs a hint beside it, which says what is expected."))
    for name, inner in node.items():
        if name not in ("if", "not", "const", "enum", "fix", "default", "examples"):
            _needs_hints(inner, f"{path}.{name}", depth + 1)


def _is_method(method: object) -> bool:
    return isinstance(method, str) and bool(_METHOD.fullmatch(method))


def _sentences(node: object) -> list[str]:
    """The texts of all hints, explanations and refusals, at whatever depth."""
    found: list[str] = []
    waiting = [node]
    while waiting:
        match waiting.pop(0):
            case dict() as one:
                found += [one[key] for key in ("hint", "say", "refused") if isinstance(one.get(key), str)]
                waiting += [inner for key, inner in one.items() if key not in ("const", "enum", "fix", "default")]
            case list() as several:
                waiting += several
    return found


def _has_surrogate(text: str, content: object) -> bool:
    if "\\u" not in text and text.isascii():
        return False
    try:
        json.dumps(content, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False
