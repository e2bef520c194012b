"""Events signed by the secret before are accepted for a day after it was replaced, or until it is stopped."""

import time

from form import path_of, text_of
from site_under_test import Site

from server.domain.ids import unique
from server.domain.signing import OVERLAP_MS, fingerprint, new_secret, sign
from server.store import sources

BODY = b'{"type":"payment.succeeded","data":{}}'


async def status(site: Site, secret: str) -> int:
    webhook_id, now = unique("evt"), int(time.time())
    headers = {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(now),
        "webhook-signature": sign(secret, webhook_id, now, BODY),
    }
    return (await site.client.post(f"/in/{site.source.token}", content=BODY, headers=headers)).status_code


async def test_the_old_secret_is_accepted_until_it_is_stopped(site: Site) -> None:
    old, new = new_secret(), new_secret()
    for secret in (old, new, new):
        path_of(await site.post(f"/sources/{site.source.id}/secret", {"secret": secret}))

    assert (await status(site, old), await status(site, new), await status(site, new_secret())) == (200, 200, 401)
    assert "The old secret is also accepted until " in text_of((await site.get("/sources")).text)

    path_of(await site.post(f"/sources/{site.source.id}/secret/stop-former"))
    assert (await status(site, old), await status(site, new)) == (401, 200)
    assert "The old secret is also accepted until " not in text_of((await site.get("/sources")).text)


async def test_the_old_secret_is_good_for_a_day(site: Site) -> None:
    old, new = new_secret(), new_secret()
    for secret in (old, new):
        await site.post(f"/sources/{site.source.id}/secret", {"secret": secret})

    kept = await site.services.store.read(lambda tx: sources.get(tx, site.source.id))
    assert kept and kept.former_secret
    assert kept.secrets_at(kept.former_secret.until - 1) == (new, old)
    assert kept.secrets_at(kept.former_secret.until) == (new,)
    assert kept.former_secret.until <= site.services.now() + OVERLAP_MS


async def test_a_secret_of_our_own_is_made_once_when_the_form_is_sent_twice(site: Site) -> None:
    form = {"replaces": ""}
    for _ in range(2):
        path_of(await site.post(f"/sources/{site.source.id}/secret/new", form))
    first = await site.services.store.read(lambda tx: sources.get(tx, site.source.id))
    assert first and first.secret and first.former_secret is None

    form = {"replaces": fingerprint(first.secret)}
    assert f'name="replaces" value="{fingerprint(first.secret)}"' in (await site.get("/sources")).text
    for _ in range(2):
        path_of(await site.post(f"/sources/{site.source.id}/secret/new", form))
    after = await site.services.store.read(lambda tx: sources.get(tx, site.source.id))
    assert after and after.secret != first.secret
    assert after.former_secret and after.former_secret.secret == first.secret
