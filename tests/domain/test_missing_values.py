"""Requests in which a value is missing: what JavaScript writes for it, and variables that nobody set."""

import base64

import pytest

from server.domain.missing_values import missing_variables, reads, warnings
from server.domain.transformations import Returned
from server.domain.warnings import RunWarning, WarningKind

URL = "https://example.com/hook"


def found(code="", env=None, url=URL, **headers):
    returned = Returned("POST", url, headers, "{}", False, (), 0.1)
    return warnings(returned, URL, code, env or {})


def basic(text):
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(("value", "word"), [
    ("Bearer undefined", "undefined"),
    ("undefined", "undefined"),
    ("sk_undefined", "undefined"),
    ("tenant-undefined-1", "undefined"),
    ("Bearer null", "null"),
    ("id=null;a=1", "null"),
    ("NaN", "NaN"),
    ("total NaN", "NaN"),
    ("Bearer [object Object]", "[object Object]"),
    ("[object Promise]", "[object Promise]"),
    (basic("undefined:undefined"), "undefined"),
    (basic("site:undefined"), "undefined"),
    (basic("null:"), "null"),
])  # fmt: skip
def test_a_header_without_its_value_is_a_warning(value, word):
    (warning,) = found(Authorization=value)
    assert warning == RunWarning(WarningKind.WORD_IN_HEADER, {"header": "Authorization", "word": word})
    assert str(warning.sentence()).startswith(f"The header Authorization contains “{word}”.")


@pytest.mark.parametrize("value", [
    "Bearer abc", "nullable", "annulled", "underdefined", "undefinedness", "NaNo", "x+NaN/y=", "Nano", "object Object",
    basic("ada:nullable"), "Basic undecodable!",
])  # fmt: skip
def test_a_header_in_which_nothing_is_missing_is_none(value):
    assert found(Authorization=value) == ()


@pytest.mark.parametrize("url", [
    "https://example.com/customers/undefined", "https://example.com/?id=undefined", "https://undefined.example.com/",
    "https://example.com/?id=%5Bobject%20Object%5D", "https://example.com/?id=%5Bobject+Object%5D",
    "https://example.com/?a=null", "https://example.com/NaN",
])  # fmt: skip
def test_so_is_a_url_that_the_code_made(url):
    (warning,) = found(url=url)
    assert warning.kind == WarningKind.WORD_IN_URL


def test_a_url_that_a_person_typed_is_none():
    returned = Returned("POST", "https://example.com/null", {}, "{}", False, (), 0.1)
    assert warnings(returned, "https://example.com/null", "", {}) == ()


def test_the_missing_variable_is_named():
    code = "const handler = w => ({...w, headers: {Authorization: `Bearer ${w.env.API_KEY}`, 'X-Team': w.env.TEAM}})"
    (warning,) = found(code, {"TEAM": "a"}, Authorization="Bearer undefined")
    assert warning.kind == WarningKind.VARIABLE_IN_HEADER
    assert str(warning.sentence()) == (
        "The header Authorization contains “undefined”. "
        "The code reads webhook.env.API_KEY, but there is no variable API_KEY."
    )


def test_a_word_that_no_variable_explains_names_none():
    (warning,) = found("w.env.KEY", {"KEY": "a"}, A="undefined")
    assert warning.kind == WarningKind.WORD_IN_HEADER


@pytest.mark.parametrize("code", [
    "w.headers.a = btoa(w.env.KEY)", "sign(webhook.env['KEY'])", 'sign(webhook.env["KEY"])', "a(w.env?.KEY)",
    "const { KEY } = webhook.env;", "const { KEY: key, B = 1 } = w.env", "function handler({ env: { KEY } }) {}",
    "const env = webhook.env; sign(env.KEY)", "const e = w.env; sign(e.KEY)", "w.env.KEY.trim()", "`${w.env . KEY}`",
    "const handler = ({env}) => env.KEY",
])  # fmt: skip
def test_code_that_relies_on_a_variable_is_told_that_it_is_missing(code):
    assert missing_variables(code, {}) == (RunWarning(WarningKind.MISSING_VARIABLE, {"name": "KEY"}),)
    assert missing_variables(code, {"KEY": ""}) == ()


@pytest.mark.parametrize("code", [
    "w.env.KEY ?? 'none'", "w.env.KEY || 'none'", "if (w.env.KEY) { a() }", "if (!w.env.KEY) return null",
    "w.env.KEY ? 1 : 2", "w.env.KEY === 'on'", "typeof w.env.KEY", "const { KEY = 'none' } = w.env",
    "// w.env.KEY", "/* w.env.KEY */", "w.env.KEY = 1", "w.env.hasOwnProperty('KEY')", "environment.KEY",
    "a && w.env.KEY",
])  # fmt: skip
def test_code_that_does_without_it_is_not(code):
    assert missing_variables(code, {}) == ()


def test_names_are_found_once_for_each_code():
    code = "w.env.A + w.env.B"
    assert reads(code) is reads(code)
