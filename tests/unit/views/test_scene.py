"""What `esimmon top` makes of ticks."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.views.scene import Chosen, Moved, Scene, Shown, Who, reason_text

KB = 1000
SIM = {"device": "wwan0", "network": "sim:1"}
WIFI = {"device": "wlan0", "network": "uuid:2"}


def row(
    name: str, rx: int, tx: int = 0, place: dict[str, str] = SIM, **more: object
) -> dict[str, Any]:
    """A row of a tick."""
    facts = {
        "application": name,
        "kind": "program",
        "reason": None,
        "via": None,
        "pid": 7,
        "comm": name,
    }
    return facts | place | {"rx_bytes": rx, "tx_bytes": tx} | more


def tick(
    until_s: int, *rows: dict[str, Any], interval_s: float = 1.0
) -> dict[str, Any]:
    """A tick over a SIM, and a Wi-Fi that costs nothing."""
    places = (("wwan0", "sim:1", True), ("wlan0", "uuid:2", False))
    devices = [
        {
            "device": device,
            "network": network,
            "metered": metered,
            "plan": None,
            "rx_bytes": sum(r["rx_bytes"] for r in rows if r["device"] == device),
            "tx_bytes": sum(r["tx_bytes"] for r in rows if r["device"] == device),
        }
        for device, network, metered in places
    ]
    return {
        "until_ns": until_s * 10**9,
        "interval_s": interval_s,
        "devices": devices,
        "rows": list(rows),
    }


NOBODYS: dict[str, object] = {
    "application": None,
    "comm": None,
    "pid": None,
    "reason": "forwarded",
    "via": "docker0",
}


def test_rates_are_of_the_last_ticks_and_totals_of_all() -> None:
    scene = Scene()
    for second in (1, 2, 3, 4):
        scene.take(tick(second, row("curl", 900 * second, 300)))
    assert scene.rows(Chosen()) == [Shown("curl", Moved(2700, 300), 10_200)]
    assert scene.rate() == Moved(2700, 300)
    assert list(scene.rates) == [1200, 2100, 3000, 3900]
    scene.take(tick(9, interval_s=5.0))
    assert scene.rows(Chosen())[0].rate == Moved((2700 + 3600) // 7, 600 // 7)


def test_a_tick_that_is_no_news_is_left_out() -> None:
    """The answer to who begins to look, and the one after a connection broke."""
    scene = Scene(until_ns=10**9)
    scene.take(tick(1, row("curl", 5)))
    scene.take(tick(2, row("curl", 7)))
    scene.take(tick(2, row("curl", 7)))
    scene.take(tick(0, interval_s=0.0))
    assert [each.total_bytes for each in scene.rows(Chosen())] == [7]


def test_what_moved_earlier_in_the_day_is_in_the_totals_but_of_no_process() -> None:
    before = Who("curl", "", "", 0, "", "wwan0", "sim:1")
    scene = Scene(before={before: 5 * KB})
    scene.take(tick(1, row("curl", KB, pid=7), row("curl", KB, pid=8)))
    assert [each.total_bytes for each in scene.rows(Chosen())] == [7 * KB]
    processes = scene.rows(Chosen("process"))
    assert [(each.name, each.total_bytes) for each in processes] == [
        ("curl [7]", KB),
        ("curl [8]", KB),
    ]
    assert scene.rows(Chosen("network"))[0].total_bytes == 7 * KB
    scene.begin_day()
    assert scene.rows(Chosen()) == []


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        (Chosen(), ["b", "Apt", "(forwarded: docker0)"]),
        (Chosen(sort="total"), ["Apt", "b", "(forwarded: docker0)"]),
        (Chosen(sort="name"), ["(forwarded: docker0)", "Apt", "b"]),
        (Chosen(needle="AP"), ["Apt"]),
        (Chosen(only_metered=True), ["b", "(forwarded: docker0)"]),
        (Chosen("network"), ["Travel", "uuid:2"]),
        (Chosen("network", only_metered=True), ["Travel"]),
    ],
)
def test_order_names_and_networks_are_chosen(chosen: Chosen, names: list[str]) -> None:
    scene = Scene(called={"apt": "Apt", "sim:1": "Travel"})
    scene.take(tick(1, row("apt", 9 * KB, place=WIFI)))
    for second in (2, 3, 4):
        forwarded = row("", 1) | NOBODYS
        scene.take(tick(second, row("b", KB), row("apt", 999, place=WIFI), forwarded))
    assert [each.name for each in scene.rows(chosen)] == names


def test_whoever_moved_something_can_be_asked_for() -> None:
    scene = Scene()
    scene.take(tick(1, row("curl", 1)))
    assert [who.application for who in scene.seen()] == ["curl"]


@pytest.mark.parametrize(
    ("reason", "via", "text"),
    [
        (None, None, ""),
        ("unattributed", None, "(unattributed)"),
        ("before_start", None, "(before start)"),
        ("forwarded", "docker0", "(forwarded: docker0)"),
    ],
)
def test_reasons_are_in_parentheses(
    reason: str | None, via: str | None, text: str
) -> None:
    assert reason_text(reason, via) == text
