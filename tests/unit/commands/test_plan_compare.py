"""`esimmon plan compare`: whose usage is compared, or an even one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from monitor.cli import main
from tests.unit.commands.plan_shops import (
    PLAN,
    USED,
    Shop,
    daily,
    shop_with,
)
from tests.unit.commands.plan_stores import MB, make_store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shop:
    """Somebody with a phone and a modem."""
    return shop_with(USED, tmp_path, monkeypatch, capsys)


def test_the_cheapest_offer_that_fits_is_named_last(shop: Shop) -> None:
    assert shop.compare().split("\n") == [
        "What was recorded on usb0 from 2025-06-10 to 2025-07-09 (30 days, 30 with",
        "usage): 3.00 GB.",
        "",
        "offer  EUR for 30 days  bought  without data  not used",
        "Slow              3.00       1        0 days       0 %",
        "  slow on 20 days",
        "Large            12.00       1        0 days      40 %",
        "Small            15.00       3        0 days       0 %",
        "  a leaflet, as of 2025-07-01",
        "",
        "never slow: Large, 12.00 EUR for 30 days",
        "fits best: Slow, 3.00 EUR for 30 days (slow on 20 days); your busiest 30 days",
        "had 3.00 GB",
    ]


def test_interfaces_and_months_say_which_usage_is_meant(shop: Shop) -> None:
    found = shop.compare("--interface", "*")
    assert "on usb0, wwan0 from 2025-06-10" in found
    small = "Small            15.00       3       12 days       0 %"
    assert small in found.split("\n")
    assert "  bought again at once: 22.50 EUR for 30 days, 5 times" in found
    assert "1.50 GB." in shop.compare("--interface", "wwan*")
    month = shop.prompt.json("compare", str(shop.catalogue), "--months", "1")
    assert month["usage"]["first_day"] == "2025-06-10"
    assert month["usage"]["days"] == 30


def test_a_plan_says_which_usage_is_meant(shop: Shop) -> None:
    assert "3.00 GB." in shop.compare("--plan", "phone")
    said = shop.compare("--plan", "other", status=2)
    assert said == 'no plan "other". There are: phone.'


def test_an_interface_that_a_plan_paid_for_for_a_time_counts_for_that_time(
    shop: Shop, tmp_path: Path
) -> None:
    """A row over the end of a binding is cut there."""
    until = {"iface": "usb0", "plan": "phone", "to": "2025-06-20T10:00:30Z"}
    plan = PLAN | {"patterns": [], "binds": [until]}
    moved = daily("2025-06-10", 30, 100 * MB)
    shop.prompt.store = make_store(tmp_path / "bound.db", [plan], moved)
    found = shop.prompt.json("compare", str(shop.catalogue))["usage"]
    assert (found["days_with_usage"], found["bytes"]) == (11, 1050 * MB)


def test_without_plans_all_that_is_billed_is_meant(shop: Shop, tmp_path: Path) -> None:
    moved = sorted(daily("2025-06-10", 30, MB) + daily("2025-06-10", 30, MB, "eth7"))
    shop.prompt.store = make_store(tmp_path / "other.db", [], moved)
    assert "What was recorded on eth7, usb0 from" in shop.compare()


def test_programs_find_everything_as_exact_numbers(shop: Shop) -> None:
    found = shop.prompt.json("compare", str(shop.catalogue), "--interface", "*")
    assert found["version"] == 1
    assert found["currency"] == "EUR"
    assert found["best"] == "Slow"
    assert found["usage"] == {
        "kind": "recorded",
        "rate": None,
        "tz": "UTC",
        "from": "2025-06-10T00:00:00Z",
        "to": "2025-07-10T00:00:00Z",
        "first_day": "2025-06-10",
        "last_day": "2025-07-09",
        "days": 30,
        "days_with_usage": 30,
        "interfaces": ["usb0", "wwan0"],
        "bytes": 4_500 * MB,
        "busiest_30_days_bytes": 4_500 * MB,
    }
    assert [each["name"] for each in found["offers"]] == ["Slow", "Large", "Small"]
    assert found["offers"][2] == {
        "name": "Small",
        "source": "a leaflet",
        "as_of": "2025-07-01",
        "price": "5.00",
        "fits": False,
        "cost_30_days": "15.00",
        "cost": "15.00",
        "billed": "0.00",
        "purchases": 3,
        "purchases_ended": 3,
        "days_without_data": 12,
        "refused_bytes": 1_500 * MB,
        "uncovered_bytes": 0,
        "days_slow": 0,
        "paid_bytes": 3_000 * MB,
        "used_bytes": 3_000 * MB,
        "unused_bytes": 0,
        "bought_again_at_once": {
            "purchases": 5,
            "cost": "25.00",
            "cost_30_days": "22.50",
        },
    }


def test_an_even_usage_needs_no_store(tmp_path: Path, shop: Shop) -> None:
    shop.prompt.store = tmp_path / "never" / "made.db"
    found = shop.compare("--usage", "6GB/month")
    assert found.startswith("An even 6.00 GB/month, for a year: 71.60 GB.")
    for words in ("200MB/day", "1.4 GB / week", "2 GB/year", "1 GiB/Month"):
        assert "fits best: " in shop.compare("--usage", words)
    assert not tmp_path.joinpath("never").exists()


@pytest.mark.parametrize("rate", ["6GB", "6GB/hour", "0GB/day", "-1GB/day", "GB/day"])
def test_a_usage_that_is_not_understood_is_refused(
    shop: Shop, rate: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "compare", str(shop.catalogue), "--usage", rate]) == 2
    assert "write it as 6GB/month, 2GB/week or 200MB/day." in capsys.readouterr().err


def test_an_even_usage_is_of_no_plan(shop: Shop) -> None:
    words = ("--usage", "6GB/month", "--plan", "phone")
    assert "--usage goes without" in shop.compare(*words, status=2)


@pytest.mark.parametrize(
    ("days", "words"), [(0, "0 whole days"), (1, "1 whole day "), (6, "6 whole days")]
)
def test_less_than_a_week_is_too_little(
    days: int,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # What was moved today is not a whole day.
    moved = [*daily("2025-07-01", days, MB), *daily("2025-07-10", 1, MB)]
    made = shop_with(moved, tmp_path, monkeypatch, capsys)
    said = made.compare(status=1)
    assert f"only {words}" in said
    assert "--usage 6GB/month" in said


def test_without_a_store_the_way_without_one_is_said(
    shop: Shop, tmp_path: Path
) -> None:
    shop.prompt.store = tmp_path / "none.db"
    assert shop.compare(status=1).endswith("Or: --usage 6GB/month")
