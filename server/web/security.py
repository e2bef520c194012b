"""The middleware that refuses cross-site requests and foreign hosts, and sets the security headers."""

import secrets

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.domain import inspector_addresses
from server.web import cookies
from server.web.hosts import SENTENCE, Hosts, name_in

CONTENT_SECURITY_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self' 'nonce-{nonce}'",  # the nonce is for the code editor, which adds its own style sheet
    "worker-src": "'self'",  # the type checker of the code editor
    "connect-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "manifest-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
_POLICY = "; ".join(f"{name} {value}" for name, value in CONTENT_SECURITY_POLICY.items())
_FILE_POLICY = "default-src 'none'; script-src 'self'; frame-ancestors 'none'"
"""For the files that need a policy of their own: the type checker, a worker, and images that are opened as a page.

Other files say nothing of anybody, and thirty of them with all headers of a page would be 20 KB."""

HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
INTAKE = "/in/"
INSPECTOR = inspector_addresses.PREFIX
NUL = "No address here has a NUL character."
HEALTH = "/healthz"
"""Monitors request it under any host name; it reveals nothing confidential."""
MAX_SHOWN_NAME = 100
MAX_QUERY_FIELDS = 1000
LONG_QUERY = "The address has too many fields."
FOREIGN_FORM = "This request came from another site and was refused."


class Security:
    """Refuses changes requested by another site, and sets the security headers of every page.

    Browsers state a request's origin in ``Sec-Fetch-Site``, older ones in ``Origin``, so forms need no CSRF token.
    The intake is exempt: its callers are not browsers, and their signatures authenticate them. So are the addresses of
    the inspector, which take anything from anybody, and change nothing but the list of what they received.
    """

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self.app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith((INTAKE, INSPECTOR)):
            await self.app(scope, receive, send)
            return
        cookies.keep_ours(scope)
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["nonce"] = nonce

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if scope["path"].startswith("/static/"):
                    protect_file(headers, scope["path"])
                else:
                    protect(headers, nonce)
                    headers.setdefault("cache-control", "no-store")
            await send(message)

        host = Headers(scope=scope).get("host")
        if host is not None and scope["path"] != HEALTH and not self._hosts.allow(host):
            sentence = SENTENCE.format(name=name_in(host)[:MAX_SHOWN_NAME])
            await PlainTextResponse(sentence, status_code=421)(scope, receive, send_with_headers)
            return
        if scope["query_string"].count(b"&") > MAX_QUERY_FIELDS:
            await PlainTextResponse(LONG_QUERY, status_code=414)(scope, receive, send_with_headers)
            return
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            # No id and no text contains NUL, and PostgreSQL refuses it as a parameter.
            await PlainTextResponse(NUL, status_code=400)(scope, receive, send_with_headers)
            return
        if scope["method"] not in SAFE_METHODS and _is_foreign(scope):
            await PlainTextResponse(FOREIGN_FORM, status_code=403)(scope, receive, send_with_headers)
            return
        await self.app(scope, receive, send_with_headers)


def protect(headers: MutableHeaders, nonce: str) -> None:
    """Set the headers that restrict what a page may load and do."""
    headers["content-security-policy"] = _POLICY.format(nonce=nonce)
    headers.update(HEADERS)


def protect_file(headers: MutableHeaders, path: str) -> None:
    """Set the headers of a static file."""
    headers["x-content-type-options"] = "nosniff"
    if path.endswith(("-worker.js", ".svg")):
        headers["content-security-policy"] = _FILE_POLICY


def _is_foreign(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return False  # not a browser, so it carries nobody else's cookies
    return origin.partition("://")[2] != headers.get("host", "")
