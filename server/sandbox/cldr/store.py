"""Reads the locales of CLDR 48, the version in Node 20, from the archive that ``build/build.py`` makes."""

import json
import re
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.core import get_global

DATA = Path(__file__).with_name("data.zip")
ROOT, DEFAULT = "und", "en-US"


@lru_cache(maxsize=1)
def shared() -> dict[str, Any]:
    """Data that does not depend on a locale: numbering systems, time zones, likely subtags and so on."""
    return _read("shared")


@lru_cache(maxsize=24)
def _read(name: str) -> dict[str, Any]:
    with zipfile.ZipFile(DATA) as archive:
        found: dict[str, Any] = json.loads(archive.read(f"{name}.json"))
    return found


@lru_cache(maxsize=1)
def _tags() -> frozenset[str]:
    return frozenset(shared()["locales"])


@lru_cache(maxsize=1024)
def stored(tag: str) -> str | None:
    """The stored locale with the data of ``tag``: ``de`` for ``de-DE``, ``zh-Hant`` for ``zh-TW``. None if none."""
    language, script, region = subtags(tag)
    if tag in _tags():
        return tag
    full_language, full_script, full_region = subtags(maximized(tag))
    with_script = "-".join(part for part in (language, full_script, region) if part)
    if not script and region and with_script in _tags():
        return with_script
    if region and region == full_region and full_language == language:
        default = subtags(maximized("-".join(part for part in (language, script) if part)))
        short = "-".join(
            part for part in (language, script or (full_script if full_script != default[1] else "")) if part
        )
        if default[2] == region and short in _tags():
            return short
        if not script and f"{language}-{full_script}" in _tags():
            likely = subtags(maximized(f"{language}-{full_script}"))
            return f"{language}-{full_script}" if likely[2] == region else None
    if script and not region and script == full_script and language in _tags():
        return language if subtags(maximized(language))[1] == script else None
    return None


def subtags(tag: str) -> tuple[str, str, str]:
    """Language, script and region; empty where there is none."""
    found = re.match(r"([A-Za-z]{2,8})(?:-([A-Za-z]{4}))?(?:-([A-Za-z]{2}|\d{3}))?(?:-|$)", tag)
    return (found[1], found[2] or "", found[3] or "") if found else (tag, "", "")


@lru_cache(maxsize=1024)
def maximized(tag: str) -> str:
    """The tag with its likely script and region added."""
    language, script, region = subtags(tag)
    likely: dict[str, str] = shared()["likely"]
    for key in (
        f"{language}-{script}-{region}" if script and region else "",
        f"{language}-{region}" if region else "",
        f"{language}-{script}" if script else "",
        language,
        f"und-{script}" if script else "",
    ):
        if found := likely.get(key):
            made = subtags(found)
            return f"{made[0] if language == 'und' else language}-{script or made[1]}-{region or made[2]}"
    rare = get_global("likely_subtags").get(language)
    if rare:
        made = subtags(rare.replace("_", "-"))
        return f"{language}-{script or made[1]}-{region or made[2]}"
    return tag


def minimized(tag: str) -> str:
    """The shortest tag that has the same likely script and region."""
    full = maximized(tag)
    language, script, region = subtags(full)
    for short in (language, f"{language}-{region}", f"{language}-{script}"):
        if maximized(short) == full:
            return short
    return full


@lru_cache(maxsize=48)
def locale(tag: str) -> dict[str, Any]:
    """All data of a stored locale, merged with its parents. The result is cached and shared: do not change it."""
    if tag == ROOT:
        return _read("root")
    return _merged(locale(parent(tag)), _read(tag.split("-")[0])[tag])


def parent(tag: str) -> str:
    said = shared()["parents"].get(tag)
    if said:
        return str(said) if said in _tags() else ROOT
    cut = tag.rpartition("-")[0]
    return cut if cut in _tags() else parent(cut) if cut else ROOT


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    made = dict(base)
    for key, value in changes.items():
        if value is None:
            made.pop(key, None)
        elif isinstance(value, dict) and isinstance(made.get(key), dict):
            made[key] = _merged(made[key], value)
        elif isinstance(value, dict):
            made[key] = _merged({}, value)
        else:
            made[key] = value
    return made


def region_of(tag: str) -> str:
    return subtags(tag)[2] or subtags(maximized(tag))[2] or "001"


def hour_letter(tag: str) -> str:
    """The letter of the hour cycle that the locale's region prefers: ``h``, ``H``, ``K`` or ``k``."""
    hours: dict[str, list[str]] = shared()["hours"]
    language, region = subtags(tag)[0], region_of(tag)
    return (hours.get(f"{language}-{region}") or hours.get(region) or hours["001"])[0]
