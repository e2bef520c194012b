"""Every route is asked for without a session. A new one that forgets the check fails here."""

import re
from pathlib import Path

import httpx
from newcomer import newcomer
from routes import routes

PUBLIC = {
    "/setup",
    "/login",
    "/logout",
    "/preferences",
    "/healthz",
    "/favicon.ico",
    "/docs/forgotten-password",  # whoever needs it cannot sign in
    "/in/{token}/",
    "/in/{token}",  # its callers prove themselves by signature
    "/inspect",  # takes anything from anybody
    "/static",
}


async def test_a_stranger_sees_no_page_but_the_public_ones(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        await visitor.sets_up()
        every = list(routes(visitor.app))
        assert len(every) > 40
        async with visitor.another() as stranger:
            seen = []
            for method, path in every:
                if path in PUBLIC:
                    continue
                address = re.sub(r"\{[^}]+\}", "x", path)
                answer = await httpx.AsyncClient.request(stranger, method, address)  # as it is, without ``/test``
                led_away = answer.status_code == 303 and answer.headers["location"].startswith("/login")
                if not led_away:
                    seen.append((method, path, answer.status_code))
            assert seen == []


async def test_htmx_is_led_to_the_sign_in_page_as_a_whole(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        answer = await visitor.get("/logs", headers={"hx-request": "true", "hx-request-type": "partial"})
        assert answer.headers["hx-redirect"] == "/login?next=/test/logs"
        assert answer.text == ""


async def test_an_unknown_session_is_none(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        await visitor.sets_up()
        async with visitor.another() as stranger:
            for token in ("x", "'", "\u0000", "a" * 4000):
                answer = await stranger.get("/logs", headers={"cookie": f"session={token}"})
                assert answer.headers["location"].startswith("/login")


async def test_a_session_whose_cookie_is_gone_has_ended_and_its_page_comes_back(tmp_path: Path) -> None:
    page = {"referer": "http://hookbench.test/test/endpoints/ep_1/advanced?x=1"}
    before = "next=/test/endpoints/ep_1/advanced%3Fx%3D1"
    fragment = {"hx-request": "true", "hx-request-type": "partial", "hx-current-url": page["referer"]}
    async with newcomer(tmp_path) as visitor:
        await visitor.sets_up()
        async with visitor.another() as gone:  # no cookie of ours is left
            assert (await gone.get("/logs", headers=page)).headers["location"] == "/login?why=expired&next=/test/logs"
            assert (await gone.get("/logs", headers=fragment)).headers["hx-redirect"] == f"/login?why=expired&{before}"
            saved = await gone.post("/endpoints/ep_1/pause", headers=page)
            assert saved.headers["location"] == f"/login?why=expired&{before}"
            login = await gone.get("/login?why=expired&next=/test/logs")
            assert "Your session has ended." in login.text
            # Nobody was here, or another site says so.
            for headers in ({}, {"referer": "http://hookbench.test/login"}, {**page, "sec-fetch-site": "cross-site"}):
                assert (await gone.get("/logs", headers=headers)).headers["location"] == "/login?next=/test/logs"
            for elsewhere in (
                "https://evil.example//evil.example/x",
                "//evil.example/x",
                "http://[::1",
                "javascript:1",
            ):
                led = (await gone.post("/endpoints/ep_1/pause", headers={"referer": elsewhere})).headers["location"]
                assert "evil.example" not in led.replace("next=/x", "")
        del visitor.cookies["session"]
        assert (await visitor.get("/logs")).headers["location"] == "/login?why=expired&next=/test/logs"
        await visitor.signs_in()
        signed_out = (await visitor.post("/logout")).headers["location"]
        assert (await visitor.get("/logs")).headers["location"] == "/login?next=/test/logs"
        # Another tab's page asks. Signing out has deleted what was typed there, so nothing says that it is kept.
        assert (await visitor.get("/logs", headers=fragment)).headers["hx-redirect"] == f"/login?{before}"
        forgets = "data-forgets-typed"
        assert forgets in (await visitor.get(signed_out)).text
        assert forgets not in (await visitor.get("/login")).text
        assert forgets not in (await visitor.get(signed_out, headers={"sec-fetch-site": "cross-site"})).text
        await visitor.signs_in()
        assert forgets not in (await visitor.get(signed_out)).text
