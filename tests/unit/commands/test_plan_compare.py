"""`esimmon plan compare`: recorded months, or an even usage, under each offer."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from monitor.cli import main
from tests.unit.commands.plan_stores import GB, MB, Moved, Prompt, make_store

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

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


@pytest.fixture
def shop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shop:
    """30 days of 150 MB by 9 July, half of them bought by the plan of the phone."""
    return shop_with(
        daily("2025-06-10", 30, 100 * MB) + daily("2025-06-10", 30, 50 * MB, "wwan0"),
        tmp_path,
        monkeypatch,
        capsys,
    )


def shop_with(
    moved: Iterable[Moved],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Shop:
    ordered = sorted(moved)
    store = make_store(tmp_path / "usage.db", [PLAN], ordered)
    prompt = Prompt(store, monkeypatch, capsys)
    prompt.is_at(NOW, "UTC")
    catalogue = tmp_path / "offers.toml"
    catalogue.write_text(OFFERS, encoding="utf-8")
    return Shop(prompt, catalogue)


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


def test_where_none_fits_the_least_evil_is_named(shop: Shop) -> None:
    shop.catalogue.write_text(OFFERS[: OFFERS.rindex("[[offer]]")], encoding="utf-8")
    found = shop.compare("--usage", "9GB/month").split("\n\n")[-1]
    assert " ".join(found.split()) == (
        "possible, if you buy it again whenever it is used up: Large, 21.19 EUR for "
        "30 days, 22 times none fits; fewest days without data: Large, 161 of 365"
    )


def test_of_what_has_no_limit_nothing_is_left_over(shop: Shop) -> None:
    text = OFFERS.replace("5 GB", "unlimited").replace('"5.00"', '"0.333"')
    shop.catalogue.write_text(text, encoding="utf-8")
    large = "Large            12.00       1        0 days         -"
    assert large in shop.compare().split("\n")
    found = shop.prompt.json("compare", str(shop.catalogue))["offers"]
    assert [
        (each["price"], each["cost"]) for each in found if "Small" in each["name"]
    ] == [("0.333", "0.999")]


def test_cheaper_by_buying_again_in_time_is_said(shop: Shop) -> None:
    shop.catalogue.write_text(
        OFFERS.replace('price = "5.00"', 'price = "0.10"').replace("3.00", "30.00"),
        encoding="utf-8",
    )
    found = " ".join(shop.compare("--interface", "*").split())
    assert (
        "cheaper, if you buy it again whenever it is used up: Small, 0.45 EUR for 30 "
        "days, 5 times fits best: Large, 12.00 EUR for 30 days; your busiest"
    ) in found


def test_a_night_is_judged_by_when_it_was(shop: Shop, tmp_path: Path) -> None:
    moved = [
        Moved(f"2025-06-{day:02}T{hour}:30Z", 100 * MB, "usb0", app)
        for day in range(10, 30)
        for hour, app in (("20", "firefox"), ("23", "apt"))
    ]
    shop.prompt.store = make_store(tmp_path / "nights.db", [PLAN], moved)
    shop.catalogue.write_text(
        """
[[offer]]
name = "Nights"
price = "9.00"
currency = "EUR"
quota = "2 GB"
valid = "30 days"
bucket = [{id = "night", bytes = "9 GB", scope = {windows = ["22:00-06:00"]}}]

[[offer]]
name = "Days"
price = "9.00"
currency = "EUR"
quota = "2 GB"
valid = "30 days"
bucket = [{id = "day", bytes = "9 GB", scope = {windows = ["06:00-20:00"]}}]

[[offer]]
name = "Updates"
price = "9.50"
currency = "EUR"
quota = "2 GB"
valid = "30 days"
bucket = [{id = "apt", zero_rated = true, scope = {apps = ["apt*"]}}]
""",
        encoding="utf-8",
    )
    found = shop.prompt.json("compare", str(shop.catalogue))
    assert [(each["name"], each["fits"]) for each in found["offers"]] == [
        ("Nights", True),
        ("Updates", True),
        ("Days", False),
    ]
    # On a clock five hours ahead, all of it was at night.
    shop.prompt.is_at(NOW, "Asia/Karachi")
    found = shop.prompt.json("compare", str(shop.catalogue))
    assert found["usage"]["from"] == "2025-06-10T19:00:00Z"
    assert found["best"] == "Nights"


def test_names_of_the_file_cannot_paint_the_terminal(shop: Shop) -> None:
    text = OFFERS.replace("Large", "Lar\\u202ege").replace("a leaflet", "a\\u001bb")
    shop.catalogue.write_text(text, encoding="utf-8")
    assert "must be a name of 1 to 120 printable characters" in shop.compare(status=1)


def test_the_place_of_a_mistake_is_said(shop: Shop) -> None:
    text = OFFERS.replace("quota", "qouta", 1)
    shop.catalogue.write_text(text, encoding="utf-8")
    said = shop.compare(status=1)
    assert said.startswith(f"{shop.catalogue}: line 6: offer[0].qouta: unknown key.")


def test_the_example_is_shown_and_can_be_compared(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "compare", "--example"]) == 0
    text, err = capsys.readouterr()
    assert err == ""
    assert "no offer of any carrier" in text
    shop.catalogue.write_text(text, encoding="utf-8")
    assert "fits best: Example " in shop.compare("--usage", "3GB/month")


def test_the_examples_of_the_help_are_calls_that_parse(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "compare", "--help"]) == 0
    shown = capsys.readouterr().out
    assert "esimmon plan compare --example > offers.toml" in shown
    shop.compare("--months", "3", "--plan", "phone")


def test_who_waits_sees_how_far_it_is(tmp_path: Path) -> None:
    """On a terminal of its own, with each moment as if two seconds were over."""
    catalogue = tmp_path / "offers.toml"
    catalogue.write_text(OFFERS, encoding="utf-8")
    program = (
        "import sys; from monitor.commands import progress; progress._QUIET_S = 0.0;"
        "from monitor.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    controller, terminal = pty.openpty()
    try:
        words = ("plan", "compare", str(catalogue), "--usage", "1GB/month")
        done = subprocess.run(
            [sys.executable, "-c", program, *words],
            stdout=subprocess.PIPE,
            stderr=terminal,
            check=True,
        )
        said = os.read(controller, 10_000).decode()
    finally:
        os.close(controller)
        os.close(terminal)
    assert "2 of 3 offers" in said
    assert said.endswith("\r\x1b[K")
    assert b"fits best" in done.stdout
