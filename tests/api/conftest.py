"""A fixture for a Hookbench in its own process, with a source whose signing secret the tests know."""

from collections.abc import Iterator

import pytest
from raw import SOURCE, in_store
from running import Running

from server.store import sources


@pytest.fixture(scope="module")
def receiving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data = tmp_path_factory.mktemp("receiving") / "data"
    data.mkdir(mode=0o700)
    in_store(data, lambda tx: sources.insert(tx, SOURCE))
    with Running(data) as running:
        yield running
