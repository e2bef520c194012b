"""Bodies as downloads."""

from starlette.responses import Response


def download(body: bytes, filename: str) -> Response:
    """The body as a download. The browser must never render it: foreign content must not run on our origin."""
    disposition = f'attachment; filename="{filename}"'
    return Response(body, media_type="application/octet-stream", headers={"content-disposition": disposition})
