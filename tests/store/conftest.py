from collections.abc import Iterator

import pytest

from server.store import Store


@pytest.fixture(params=["sqlite", "postgresql"])
def each_store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """The same test on both databases."""
    url = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    opened = Store.open(url)
    assert opened.dialect == request.param
    yield opened
    opened.close()
