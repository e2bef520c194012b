"""Makes a dictionary for ``server/store/compression.py``: ``python tests/project/train_dictionary.py NUMBER``.

Stored values are compressed by what they have in common with these samples: the catalog's events, what the cards' code
makes of them, and headers. Whatever differs from event to event (ids, times, amounts) is random in each sample, so that
the dictionary holds none of it. A dictionary is never changed once released: stored values need it. Make the next
number, and name it in ``DICTIONARY``.
"""

import json
import random
import re
import string
import sys
from collections.abc import Iterator
from pathlib import Path

import zstandard

ROOT = Path(__file__).parent.parent.parent
sys.path[:0] = [str(ROOT)]

from server.assets import transforms_dir  # noqa: E402
from server.domain.catalog import EVENT_TYPES, sample_json  # noqa: E402
from server.domain.messages import MASK  # noqa: E402
from server.store.columns import dump  # noqa: E402
from server.store.compression import FOLDER  # noqa: E402

SIZE = 32 * 1024
"""Twice as much gains 1 %, and costs each process memory and time."""
VARIANTS = 24
COMMON, FREQUENT = 6, ("payment.succeeded", "subscription.active", "subscription.renewed")
"""Most of the traffic, so there are more samples of them."""
CHANCE = random.Random(14)

_ID = re.compile(r"\b([a-z]{2,4})_[A-Za-z0-9]{15,}\b")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_NUMBER = re.compile(r"(?<=:)\d{3,}(?=[,}\]])")


def samples() -> Iterator[str]:
    """Texts like those that are stored."""
    for name in EVENT_TYPES:
        event = compact(json.loads(sample_json(name)))
        for _ in range(
            VARIANTS * (COMMON if name.startswith(("payment.s", "subscription.a", "subscription.r")) else 1)
        ):
            yield varied(event)
    for body in sorted(requests()):
        for _ in range(VARIANTS // 4):
            yield varied(body)
    for _ in range(VARIANTS * 50):
        yield details()


def requests() -> set[str]:
    """The bodies that the cards' tests expect of the cards' code."""
    found: set[str] = set()
    for file in transforms_dir().glob("*/expected/*.json"):
        for made in json.loads(file.read_text(encoding="utf-8")).values():
            if isinstance(made, dict) and "payload" in made:
                payload = made["payload"]
                found.add(payload if isinstance(payload, str) else compact(payload))
    return found


def details() -> str:
    """The URL and the headers of an attempt, as ``store/attempts.py`` keeps them."""
    moment, clock = f"{CHANCE.randrange(10**9, 2 * 10**9)}", ":".join(str(CHANCE.randrange(10, 60)) for _ in range(3))
    day = CHANCE.choice(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
    sent = [
        ["content-type", CHANCE.choice(["application/json"] * 4 + ["application/x-www-form-urlencoded"])],
        ["user-agent", "Hookbench/0.1.0"],
        ["accept", "*/*"],
        ["accept-encoding", "identity"],
        *CHANCE.sample(
            [["authorization", f"Bearer {MASK}"], ["authorization", f"Basic {MASK}"], ["x-api-key", MASK]], 1
        ),
        ["webhook-id", CHANCE.choice(["evt_", "msg_", ""]) + text(27)],
        ["webhook-timestamp", moment],
        ["webhook-signature", f"v1,{text(43)}="],
    ]
    came = [
        ["date", f"{day}, {CHANCE.randrange(10, 32)} Nov 2026 {clock} GMT"],
        ["content-type", CHANCE.choice(["application/json", "application/json; charset=utf-8", "text/plain"])],
        ["content-length", f"{CHANCE.randrange(1000)}"],
        ["connection", "keep-alive"],
        ["server", CHANCE.choice(["nginx", "cloudflare"])],
        ["cache-control", CHANCE.choice(["no-store", "no-cache", "no-cache, private"])],
        ["strict-transport-security", "max-age=31536000; includeSubDomains"],
        ["vary", CHANCE.choice(["Accept-Encoding", "Origin"])],
        ["x-request-id", text(16).lower()],
        ["cf-ray", f"{text(16).lower()}-FRA"],
        ["x-content-type-options", "nosniff"],
        ["transfer-encoding", "chunked"],
    ]  # fmt: skip
    came = [each for each in came if CHANCE.random() < 0.6]
    return dump([f"https://{text(6).lower()}.example.com/{text(8)}", sent, came])


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def varied(sample: str) -> str:
    """The sample with other ids, times and amounts; what was equal stays equal."""
    ids: dict[str, str] = {}
    sample = _ID.sub(lambda found: ids.setdefault(found[0], f"{found[1]}_{text(21)}"), sample)
    sample = _TIME.sub(lambda found: time(), sample)
    return _NUMBER.sub(lambda found: str(CHANCE.randrange(10 ** len(found[0]))), sample)


def time() -> str:
    day = f"{CHANCE.randrange(2026, 2030)}-{CHANCE.randrange(1, 13):02d}-{CHANCE.randrange(1, 29):02d}"
    clock = f"{CHANCE.randrange(24):02d}:{CHANCE.randrange(60):02d}:{CHANCE.randrange(60):02d}"
    return f"{day}T{clock}.{CHANCE.randrange(10**6):06d}Z"


def text(count: int) -> str:
    return "".join(CHANCE.choices(string.ascii_letters + string.digits, k=count))


def main(number: int) -> None:
    file = FOLDER / f"{number}.zdict"
    assert not file.exists(), f"{file} exists; a dictionary is never changed"
    found: list[bytes | bytearray | memoryview[int]] = [each.encode() for each in samples()]
    CHANCE.shuffle(found)
    made = zstandard.train_dictionary(SIZE, found, dict_id=number, level=3)
    file.write_bytes(made.as_bytes())
    print(f"{file}: {len(made)} bytes from {len(found)} samples of {sum(map(len, found)):,} bytes")


if __name__ == "__main__":
    main(int(sys.argv[1]))
