"""`esimmon plan compare`: what is said of the offers of a catalogue."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from monitor.cli import main
from tests.unit.commands.plan_shops import (
    NOW,
    OFFERS,
    PLAN,
    USED,
    Shop,
    shop_with,
)
from tests.unit.commands.plan_stores import MB, Moved, make_store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shop:
    """Somebody with a phone and a modem."""
    return shop_with(USED, tmp_path, monkeypatch, capsys)


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
