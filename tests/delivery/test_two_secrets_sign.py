"""While a secret is rotated both sign, the new one first, and a library that knows either accepts the event."""

import time
from base64 import b64encode

import pytest
from builders import SECRET, an_endpoint
from dodopayments import DodoPayments
from standardwebhooks.webhooks import Webhook

from server.delivery.dispatch import signed
from server.domain.catalog import sample_json
from server.domain.endpoints import FormerSecret
from server.domain.ids import SourceId
from server.domain.requests import FinishedRequest
from server.domain.signing import Verdict, verify

NEW = "whsec_" + b64encode(b"n" * 32).decode()
STRANGER = "whsec_" + b64encode(b"x" * 32).decode()
BODY = sample_json("payment.succeeded")


def headers_of(former: FormerSecret | None) -> dict[str, str]:
    endpoint = an_endpoint(SourceId("src_1"), secret=NEW, former_secret=former)
    request = FinishedRequest("POST", endpoint.url, {"content-type": "application/json"}, BODY.encode())
    return dict(signed(request, endpoint, "msg_1").headers)


def in_a(seconds: int) -> int:
    return int(time.time() + seconds) * 1000


@pytest.mark.parametrize("secret", [NEW, SECRET], ids=["new", "old"])
def test_both_secrets_are_accepted_while_the_old_one_is_good(secret: str) -> None:
    headers = headers_of(FormerSecret(SECRET, in_a(3600)))

    client = DodoPayments(bearer_token="none", webhook_key=secret)
    assert client.webhooks.unwrap(BODY, headers=headers).type == "payment.succeeded"
    assert Webhook(secret).verify(BODY, headers)["type"] == "payment.succeeded"


def test_the_new_signature_stands_first() -> None:
    headers = headers_of(FormerSecret(SECRET, in_a(3600)))
    by_new, by_old = headers["webhook-signature"].split(" ")

    for secret, signature in ((NEW, by_new), (SECRET, by_old)):
        alone = {**headers, "webhook-signature": signature}
        assert verify((secret,), alone, BODY.encode(), time.time()) is Verdict.GENUINE


def test_a_stranger_is_refused() -> None:
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(STRANGER).verify(BODY, headers_of(FormerSecret(SECRET, in_a(3600))))


def test_an_old_secret_whose_time_is_over_signs_no_more() -> None:
    headers = headers_of(FormerSecret(SECRET, in_a(-1)))
    assert " " not in headers["webhook-signature"]
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(SECRET).verify(BODY, headers)
