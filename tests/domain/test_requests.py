"""What the code returns becomes a request by the contract, or a sentence that says what to change."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.messages import AttemptError
from server.domain.requests import (
    MAX_HEADERS,
    SHOWN,
    FinishedRequest,
    finish,
    header_problem,
    typed_headers_problems,
    untransformed,
)
from server.domain.transformations import Returned

URL = "https://example.com/hook"


def returned(payload='{"a":1}', *, text=False, method="POST", url=URL, headers=None):
    return Returned(method, url, headers or {}, payload, text, (), 1.0)


def finished(*args, credentials=None, endpoint=None, **fields):
    return finish(returned(*args, **fields), credential_headers=credentials or {}, endpoint_headers=endpoint or {})


def refusal(*args, **fields):
    error = finished(*args, **fields)
    assert isinstance(error, AttemptError), error
    assert error.kind == "bad result"
    return error.message


def test_json_is_sent_exactly_as_javascript_wrote_it():
    text = '{"z":1.10,"a":"é\\u2028","big":12345678901234567890}'
    request = finished(text)
    assert request.body == text.encode()
    assert request.header("content-type") == "application/json"
    assert request.header("user-agent").startswith("Hookbench/")


def test_a_string_is_sent_as_it_is():
    assert finished("plain ☃", text=True).body == "plain ☃".encode()


def test_half_a_surrogate_pair_becomes_the_replacement_character():
    assert finished("a\ud800b", text=True).body == b"a\xef\xbf\xbdb"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "post", "Patch"])
def test_a_method_with_a_body(method):
    request = finished(method=method)
    assert (request.method, request.body) == (method.upper(), b'{"a":1}')


def test_get_carries_no_body_and_no_content_type():
    request = finished(method="GET", headers={"Content-Type": "text/plain"})
    assert request.body == b""
    assert request.header("content-type") == ""


@pytest.mark.parametrize("method", ["", "TRACE", "CONNECT", "HEAD", "OPTIONS", "POST ", "GET\r\nX: y", "ＰＯＳＴ"])
def test_another_method_is_refused(method):
    assert "POST, PUT, PATCH, GET, DELETE" in refusal(method=method)


@pytest.mark.parametrize("url", ["", "example.com", "file:///etc/passwd", "https://a b/", "https://u:p@example.com"])
def test_a_url_that_is_none_is_refused(url):
    assert refusal(url=url).startswith("webhook.url cannot be used: ")


def test_code_wins_over_the_endpoint_over_credentials_over_defaults():
    credentials = {"authorization": "Basic x", "x-a": "credentials", "x-b": "credentials", "USER-AGENT": "theirs"}
    endpoint = {"X-A": "endpoint", "x-b": "endpoint", "x-c": "endpoint"}
    request = finished(
        credentials=credentials, endpoint=endpoint, headers={"X-B": "code", "Content-type": "text/plain"}
    )
    assert request.headers == {
        "Content-type": "text/plain",
        "USER-AGENT": "theirs",
        "accept": "*/*",
        "accept-encoding": "identity",
        "authorization": "Basic x",
        "X-A": "endpoint",
        "X-B": "code",
        "x-c": "endpoint",
    }


@pytest.mark.parametrize(
    "name",
    [
        "host", "Host", "Content-Length", "transfer-encoding", "connection", "Upgrade", "TE", "trailer", "Keep-Alive",
        "expect", "proxy-authorization", "Proxy-Anything", "webhook-id", "Webhook-Timestamp", "webhook-signature",
    ],
)  # fmt: skip
def test_a_reserved_header_is_refused_by_name(name):
    assert refusal(headers={name: "x"}) == f"The header {name} is reserved: Hookbench or the connection sets it."


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("", "x", "not a valid header name"),
        ("a b", "x", "not a valid header name"),
        ("a:b", "x", "not a valid header name"),
        ("a\r\nb", "x", "not a valid header name"),
        ("é", "x", "not a valid header name"),
        ("n" * 257, "x", "not a valid header name"),
        ("x-a", "a\r\nx-b: c", "x-a contains a line break"),
        ("x-a", "a\nb", "x-a contains a line break"),
        ("x-a", "a\x00b", "x-a contains a line break"),
        ("x-a", "\x7f", "x-a contains a line break"),
        ("x-a", "é", "x-a has non-ASCII characters"),
        ("x-a", "\ud800", "x-a has non-ASCII characters"),
        ("x-a", "a" * 4097, "x-a is longer than 4096 bytes"),
    ],
)
def test_a_header_that_cannot_be_sent_is_refused(name, value, words):
    assert words in refusal(headers={name: value})


def test_a_header_at_the_limits_is_sent():
    assert finished(headers={"n" * 256: "a" * 4096, "x-tab": "a\tb", "x-empty": ""}).header("x-tab") == "a\tb"


def test_the_number_of_headers_is_bounded():
    assert "at most 64 headers" in refusal(headers={f"x-{n}": "" for n in range(MAX_HEADERS + 1)})


FORM = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}


def test_a_flat_object_is_form_encoded_as_urlsearchparams_does():
    payload = {"a b": "c&d=~*-._é", "n": 1, "yes": True, "no": False, "none": None, "": ""}
    body = finished(json.dumps(payload), headers=FORM).body
    assert body == b"a+b=c%26d%3D%7E*-._%C3%A9&n=1&yes=true&no=false&none=null&="


def test_numbers_keep_the_digits_of_javascript():
    assert finished('{"a":1e+21,"b":0.1,"c":100}', headers=FORM).body == b"a=1e%2B21&b=0.1&c=100"


def test_a_string_is_a_form_that_is_encoded_already():
    assert finished("a=1&b=2", text=True, headers=FORM).body == b"a=1&b=2"


@pytest.mark.parametrize("payload", ["[]", '"x"', "1", "null", '{"a":{}}', '{"a":[1]}', "[" * 100_000])
def test_a_form_of_anything_else_is_refused(payload):
    assert "must be a flat object" in refusal(payload, headers=FORM)


def test_without_a_transformation_the_received_bytes_go_out():
    body = b'\xef\xbb\xbf{"a": 1.0, "a": "\xff"}'
    request = untransformed(URL, body, credential_headers={"authorization": "Bearer x"}, endpoint_headers={"X-A": "1"})
    assert isinstance(request, FinishedRequest)
    assert (request.method, request.url, request.body) == ("POST", URL, body)
    assert request.header("authorization") == "Bearer x"
    assert request.header("x-a") == "1"


def test_headers_typed_in_a_form_are_judged_row_by_row():
    pairs = [("X-Ok", "1"), ("host", "x"), ("x-ok", "2"), ("X-Nul", "\x00")]
    problems = {problem.field: str(problem.sentence) for problem in typed_headers_problems(pairs)}
    assert problems == {
        "headers.1": "The header host is reserved: Hookbench or the connection sets it.",
        "headers.2": "The header x-ok is set twice.",
        "headers.3": "The value of the header X-Nul contains a line break or a control character.",
    }


def test_values_that_may_be_keys_are_not_shown():
    assert {"authorization", "cookie", "x-api-key", "apikey"}.isdisjoint(SHOWN)
    assert {"content-type", "webhook-id", "user-agent"} <= SHOWN


@given(st.text(st.characters(codec=None), max_size=30), st.text(st.characters(codec=None), max_size=30))
def test_any_header_is_either_refused_or_one_clean_line(name, value):
    if header_problem(name, value) is None:
        assert name.isascii()
        assert value.isascii()
        assert not set("\r\n\x00") & set(name + value)
    else:
        assert str(header_problem(name, value))
