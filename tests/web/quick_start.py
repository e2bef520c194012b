"""Starts the application in this process without what takes four fifths of a start and is the same each time.

Tests that run ``hookbench serve`` start everything, as a user does.
"""

import asyncio
from functools import cache

import pytest
from fastapi import FastAPI
from starlette.routing import BaseRoute

import server.app
from server.actions.cards import load_cards
from server.sandbox import Sandbox
from server.settings import Settings

_load_cards = cache(load_cards)


class _SandboxOnDemand(Sandbox):
    """Starts its processes with the first run, as after they died: most pages run no code."""

    async def begin(self) -> None:
        self._sweeper = asyncio.create_task(self._sweep())

    async def check_fences(self) -> None:
        pass


@cache
def _routes(max_body: int) -> list[BaseRoute]:
    """The routes of an application. They have no state, but FastAPI inspects the function of each page once more."""
    return server.app.create_app(Settings(max_body=max_body)).router.routes


def quick_app(settings: Settings) -> FastAPI:
    app = server.app.create_app(settings)
    app.router.routes[:] = _routes(settings.max_body)
    return app


@pytest.fixture(autouse=True)
def quick_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server.app, "Sandbox", _SandboxOnDemand)
    monkeypatch.setattr(server.app, "load_cards", _load_cards)
