"""People with recorded usage and a catalogue of offers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.unit.commands.plan_stores import GB, Moved, Prompt, make_store

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pytest

NOW = "2025-07-10T18:03Z"
PLAN = {
    "plan": {
        "id": "phone",
        "cycle": {"kind": "month", "billing_day": 1},
        "buckets": [{"id": "main", "bytes": 6 * GB}],
    },
    "patterns": ["usb*"],
}
OFFERS = """
[[offer]]
name = "Small"
price = "5.00"
currency = "EUR"
quota = "1 GB"
valid = "10 days"
source = "a leaflet"
as_of = 2025-07-01

[[offer]]
name = "Large"
price = "12.00"
currency = "EUR"
quota = "5 GB"
valid = "30 days"

[[offer]]
name = "Slow"
price = "3.00"
currency = "EUR"
quota = "1 GB"
valid = "30 days"
after = "throttle"
kbps = 64
"""


def daily(begin: str, days: int, rx_bytes: int, device: str = "usb0") -> list[Moved]:
    """The same at ten o'clock on each day."""
    first = datetime.fromisoformat(begin).replace(tzinfo=UTC)
    return [
        Moved(f"{first + timedelta(days=day, hours=10):%FT%H:%MZ}", rx_bytes, device)
        for day in range(days)
    ]


class Shop:
    """Somebody with a store and a catalogue."""

    def __init__(self, prompt: Prompt, catalogue: Path) -> None:
        self.prompt = prompt
        self.catalogue = catalogue

    def compare(self, *words: str, status: int = 0) -> str:
        """Type `esimmon plan compare` with the catalogue."""
        return self.prompt.plan("compare", str(self.catalogue), *words, status=status)


def shop_with(
    moved: Iterable[Moved],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Shop:
    """Somebody whose machine recorded this."""
    ordered = sorted(moved)
    store = make_store(tmp_path / "usage.db", [PLAN], ordered)
    prompt = Prompt(store, monkeypatch, capsys)
    prompt.is_at(NOW, "UTC")
    catalogue = tmp_path / "offers.toml"
    catalogue.write_text(OFFERS, encoding="utf-8")
    return Shop(prompt, catalogue)


USED = daily("2025-06-10", 30, 100 * 10**6) + daily(
    "2025-06-10", 30, 50 * 10**6, "wwan0"
)
"""30 days of 150 MB by 9 July, two thirds of it over the phone, which has a plan."""
