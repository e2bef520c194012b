"""Changes what can be searched."""

from dataclasses import replace

from server.actions.services import Services
from server.domain.search_terms import SearchSettings, metadata_keys_problem
from server.domain.sentences import Invalid, Problem
from server.store import Transaction, options


async def save(services: Services, metadata_keys: tuple[str, ...], full_text: bool) -> SearchSettings:
    """Store the settings. Raises ``Invalid``. With other keys, all messages are indexed anew in the background."""
    if problem := metadata_keys_problem(metadata_keys):
        raise Invalid(Problem("metadata_keys", problem))

    def store(tx: Transaction) -> SearchSettings:
        former = options.search_settings(tx)
        edition = former.edition + (metadata_keys != former.metadata_keys)
        settings = replace(former, metadata_keys=metadata_keys, full_text=full_text, edition=edition)
        if settings != former:
            options.set_search_settings(tx, settings, services.now())
        return settings

    return await services.store.write(store)
