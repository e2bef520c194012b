"""Any date, number, locale, currency and option: the sandbox writes what Node writes."""

import json
import os
from typing import Any

import pytest
from differential.answers import Job, Node, of_sandbox
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.sandbox import Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="session")

LOCALES = [
    "en-US", "en-GB", "de", "fr", "es", "pt-BR", "it", "ja", "ko", "zh-CN", "hi", "ar", "tr", "en-CA", "en-IN",
    "de-AT", "de-CH", "fr-CA", "fr-BE", "fr-CH", "es-MX", "es-AR", "es-CO", "pt-PT", "nl", "pl", "sv", "nb",
    "da", "fi", "cs", "hu", "ro", "el", "he", "uk", "ru", "th", "vi", "id", "ar-SA", "ar-EG", "fa", "bn",
    "zh-TW", "zh-HK",
]  # fmt: skip
CURRENCIES = [
    "USD", "EUR", "GBP", "INR", "JPY", "AED", "BRL", "CAD", "AUD", "SGD", "KWD", "CHF", "SEK", "PLN", "TRY",
    "MXN", "KRW", "CNY", "THB",
]  # fmt: skip
ZONES = [
    "UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Asia/Tokyo", "Australia/Sydney",
    "Europe/London", "America/Sao_Paulo", "Asia/Singapore", "Asia/Dubai", "Africa/Lagos",
]  # fmt: skip

numbers = st.one_of(st.integers(-(10**12), 10**12), st.floats(-1e9, 1e9).map(lambda n: round(n, 4)))
moments = st.integers(0, 2_400_000_000_000)
money = st.fixed_dictionaries(
    {"style": st.just("currency"), "currency": st.sampled_from(CURRENCIES)},
    optional={"currencyDisplay": st.sampled_from(["symbol", "code", "name", "narrowSymbol"]),
              "maximumFractionDigits": st.just(0), "notation": st.sampled_from(["standard", "compact"]),
              "signDisplay": st.sampled_from(["auto", "always", "never", "exceptZero"])},
)  # fmt: skip
plain = st.fixed_dictionaries(
    {},
    optional={"style": st.sampled_from(["decimal", "percent"]), "minimumFractionDigits": st.integers(0, 3),
              "maximumFractionDigits": st.integers(3, 6), "useGrouping": st.booleans(),
              "signDisplay": st.sampled_from(["auto", "always", "never", "exceptZero", "negative"]),
              "roundingMode": st.sampled_from(["ceil", "floor", "trunc", "expand", "halfEven", "halfExpand"]),
              "minimumIntegerDigits": st.integers(1, 9)},
)  # fmt: skip
significant = st.fixed_dictionaries({"maximumSignificantDigits": st.integers(1, 9)})
styles = st.fixed_dictionaries(
    {"timeZone": st.sampled_from(ZONES), "dateStyle": st.sampled_from(["full", "long", "medium", "short"])},
    optional={"timeStyle": st.sampled_from(["full", "long", "medium", "short"]), "hour12": st.booleans()},
)
numeric = st.sampled_from(["numeric", "2-digit"])
names = st.sampled_from(["narrow", "short", "long"])
zone_names = st.sampled_from(["short", "long", "shortOffset", "longOffset", "shortGeneric", "longGeneric"])
components = st.fixed_dictionaries(
    {"timeZone": st.sampled_from(ZONES)},
    optional={"year": numeric, "month": st.one_of(numeric, names), "day": numeric, "weekday": names, "hour": numeric,
              "minute": numeric, "timeZoneName": zone_names, "hour12": st.booleans()},
)  # fmt: skip
weekdays = st.fixed_dictionaries({"weekday": st.just("long"), "month": st.just("long"), "day": st.just("numeric")})


def expression(subject: str, locale: str, options: dict[str, Any]) -> str:
    return f"{subject}.toLocaleString({json.dumps(locale)}, {json.dumps(options)})"


units = st.fixed_dictionaries(
    {
        "style": st.just("unit"),
        "unit": st.sampled_from(["kilometer", "liter-per-kilometer", "day", "megabyte", "celsius"]),
    },
    optional={"unitDisplay": st.sampled_from(["short", "long", "narrow"])},
)
number_texts = st.builds(
    lambda n, locale, options: expression(f"({n})", locale, options),
    numbers, st.sampled_from(LOCALES), st.one_of(money, plain, significant, units),
)  # fmt: skip
date_texts = st.builds(
    lambda t, locale, options: expression(f"new Date({t})", locale, options),
    moments, st.sampled_from(LOCALES), st.one_of(styles, components, weekdays, st.just({})),
)  # fmt: skip


distance_texts = st.builds(
    lambda tag, options, n, unit: f"new Intl.RelativeTimeFormat('{tag}', {json.dumps(options)}).format({n}, '{unit}')",
    st.sampled_from(LOCALES),
    st.fixed_dictionaries({}, optional={"numeric": st.sampled_from(["auto", "always"]), "style": names}),
    st.integers(-30, 30), st.sampled_from(["second", "minute", "hour", "day", "week", "month", "quarter", "year"]),
)  # fmt: skip


ALWAYS_OTHERS = os.environ.get("DIFFERENTIAL") == "all"  # `make test` compares the same values each time


@settings(
    max_examples=12,
    derandomize=not ALWAYS_OTHERS,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(batch=st.lists(st.one_of(number_texts, date_texts, distance_texts), min_size=30, max_size=60))
async def test_whatever_is_written_is_written_alike(ours: Sandbox, node: Node, batch: list[str]) -> None:
    code = f"const handler = w => ({{...w, payload: [{','.join(batch)}]}})"
    job = Job("values", code, "{}")
    (here,), (there,) = await of_sandbox(ours, [job]), await node.answer([job])
    assert here.request, here
    assert there.request, there
    written = zip(batch, json.loads(here.request[3]), json.loads(there.request[3]), strict=True)
    assert [each for each in written if each[1] != each[2]] == []
