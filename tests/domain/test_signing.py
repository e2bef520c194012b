"""The verifier believes exactly what Standard Webhooks signs, and nothing makes it raise."""

import json
from base64 import b64encode
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from server.domain.signing import Verdict, new_secret, secret_problem, sign, verify

SECRET = "whsec_" + b64encode(b"thirty-two bytes of a secret key").decode()
OTHER = "whsec_" + b64encode(b"another thirty-two bytes of key!").decode()
NOW = 1_790_000_000
BODY = b'{"type":"payment.succeeded","name":"Zo\xc3\xab"}'


def signed(*, webhook_id="msg_1", timestamp=str(NOW), signature=None, secret=SECRET, body=BODY):
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": sign(secret, webhook_id, NOW, body) if signature is None else signature,
    }


def judge(headers, body=BODY, now=NOW, secrets=(SECRET,)):
    return verify(secrets, headers, body, now)


def test_what_we_sign_is_genuine():
    assert judge(signed()) is Verdict.GENUINE


def test_the_raw_bytes_count():
    assert judge(signed(), body=json.dumps(json.loads(BODY)).encode()) is Verdict.FORGED


def test_another_secret_is_a_forgery():
    assert judge(signed(secret=OTHER)) is Verdict.FORGED


def test_either_secret_of_a_rotation_is_believed():
    assert judge(signed(secret=OTHER), secrets=(SECRET, OTHER)) is Verdict.GENUINE


def test_while_rotating_each_secret_signs():
    both = sign(SECRET, "msg_1", NOW, BODY, also=(OTHER,))
    assert both.count("v1,") == 2
    for secret in (SECRET, OTHER):
        assert judge(signed(signature=both), secrets=(secret,)) is Verdict.GENUINE


def test_one_good_signature_among_others_is_enough():
    good = sign(SECRET, "msg_1", NOW, BODY)
    assert judge(signed(signature=f"v1a,AAAA v2,zzz v1,AAAA {good}")) is Verdict.GENUINE


@pytest.mark.parametrize("version", ["v1a,", "v2,", "V1,", ",", "v1", "v1 ,", "v1,,"])
def test_an_unknown_version_proves_nothing(version):
    good = sign(SECRET, "msg_1", NOW, BODY).removeprefix("v1,")
    assert judge(signed(signature=version + good)) is Verdict.FORGED


@pytest.mark.parametrize("signature", ["v1,", "v1, v1,", "v1", ",", "v1,=", "v1,\u0000"])
def test_an_empty_signature_proves_nothing(signature):
    assert judge(signed(signature=signature)) is Verdict.FORGED


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_every_header_is_needed(missing):
    headers = signed()
    del headers[missing]
    assert judge(headers) is Verdict.MALFORMED


@pytest.mark.parametrize(
    "timestamp",
    [
        "1_790_000_000",
        f"{NOW}.5",
        f" {NOW}",
        f"{NOW} ",
        f"+{NOW}",
        "-5",
        "",
        "1e9",
        "nan",
        "١٧٩٠٠٠٠٠٠٠",
        "9" * 13,
        f"{NOW}\n",
    ],
)
def test_a_timestamp_is_whole_ascii_digits(timestamp):
    assert judge(signed(timestamp=timestamp)) is Verdict.MALFORMED


@pytest.mark.parametrize(
    ("drift", "verdict"), [(300, Verdict.GENUINE), (-300, Verdict.GENUINE), (301, Verdict.STALE), (-301, Verdict.STALE)]
)
def test_five_minutes_of_drift_are_allowed(drift, verdict):
    assert judge(signed(), now=NOW + drift) is verdict


def test_headers_and_their_number_are_bounded():
    good = sign(SECRET, "msg_1", NOW, BODY)
    assert judge(signed(signature=" ".join(["v1,x"] * 16 + [good]))) is Verdict.MALFORMED
    assert judge(signed(signature=good + " " + "x" * 4096)) is Verdict.MALFORMED
    assert judge(signed(webhook_id="m" * 257)) is Verdict.MALFORMED


@pytest.mark.parametrize("webhook_id", ["a b", "a\x00b", "é", "a\nb"])
def test_an_id_is_visible_ascii(webhook_id):
    assert judge(signed(webhook_id=webhook_id)) is Verdict.MALFORMED


@pytest.mark.parametrize("secrets", [(), ("",), ("whsec_",), ("whsec_dG9vIHNob3J0",), ("whsec_!!",)])
def test_without_a_usable_secret_nothing_is_genuine(secrets):
    assert judge(signed(), secrets=secrets) is Verdict.NO_SECRET
    with pytest.raises(ValueError, match="secret"):
        sign(secrets[0] if secrets else "", "msg_1", NOW, BODY)


anything = st.text(st.characters(codec=None), max_size=80)  # surrogates and NUL included
header = st.one_of(
    anything,
    st.sampled_from([str(NOW), "v1,", "v1,é", "msg_1", "v1,\ud800 v1,=", "v1,A"]),
    st.text("v1,= A/+", max_size=90),
)


@given(header, header, header, st.binary(max_size=64), st.lists(anything, max_size=2))
def test_no_input_raises_and_none_is_believed(webhook_id, timestamp, signature, body, secrets):
    headers = {"webhook-id": webhook_id, "webhook-timestamp": timestamp, "webhook-signature": signature}
    assert verify((SECRET, *secrets), headers, body, NOW) is not Verdict.GENUINE


@given(st.text("abcdef_0123456789", min_size=1, max_size=40), st.text(max_size=200))
def test_the_official_library_agrees_in_both_directions(webhook_id, text):
    now = int(datetime.now(UTC).timestamp())
    body = json.dumps({"text": text}).encode()
    theirs = Webhook(SECRET).sign(webhook_id, datetime.fromtimestamp(now, UTC), body.decode())
    headers = {"webhook-id": webhook_id, "webhook-timestamp": str(now), "webhook-signature": theirs}
    assert verify((SECRET,), headers, body, now) is Verdict.GENUINE

    ours = {**headers, "webhook-signature": sign(SECRET, webhook_id, now, body)}
    assert Webhook(SECRET).verify(body, ours) == {"text": text}


def test_the_official_library_accepts_a_new_secret():
    secret = new_secret()
    assert secret_problem(secret) is None
    now = datetime.now(UTC)
    theirs = Webhook(secret).sign("msg_1", now, BODY.decode())
    assert sign(secret, "msg_1", int(now.timestamp()), BODY) == theirs


@pytest.mark.parametrize("secret", [SECRET, SECRET.removeprefix("whsec_"), SECRET.rstrip("=")])
def test_a_secret_may_lack_its_prefix_or_its_padding(secret):
    assert secret_problem(secret) is None
    assert judge(signed(), secrets=(secret,)) is Verdict.GENUINE


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        ("", "Paste the signing secret"),
        ("whsec_", "Paste the signing secret"),
        (SECRET[:20], "copied completely"),
        ("whsec_" + "A" * 200, "copied completely"),
        ("whsec_not-base64-at-all!", "must be base64"),
        (SECRET[:20] + " " + SECRET[20:], "space or a line break"),
        ("whsec_ключ", "must be base64"),
    ],
)
def test_a_bad_secret_is_told_in_a_sentence(secret, words):
    assert words in str(secret_problem(secret))


@given(anything)
def test_any_typed_secret_gets_an_answer(secret):
    assert secret_problem(secret) is None or str(secret_problem(secret))
