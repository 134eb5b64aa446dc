"""A window that slides over what programs move."""

from __future__ import annotations

from monitor.alerts.rates import Mover, Rates

SECOND_NS = 1_000_000_000
APT = Mover("apt", "if:wwan0", "wwan")
SYNC = Mover("sync", "if:wwan0", "wwan")


def at(seconds: float) -> int:
    """An instant of the boot."""
    return int(seconds * SECOND_NS)


def test_what_left_the_window_does_not_count() -> None:
    rates = Rates(600, at(0))
    rates.add([(APT, 100)], at(10), 10)
    rates.add([(APT, 50), (SYNC, 200)], at(300), 10)
    assert rates.largest() == [(SYNC, 200), (APT, 150)]
    rates.add([], at(615), 10)
    assert rates.largest() == [(SYNC, 200), (APT, 50)]
    rates.add([], at(5000), 10)
    assert rates.largest() == []


def test_many_short_ticks_are_kept_in_few_pieces() -> None:
    rates = Rates(600, at(0))
    for second in range(2000):
        rates.add([(APT, 1)], at(second), 1)
    assert len(rates._pieces) <= 61
    ((_, moved),) = rates.largest()
    assert 580 <= moved <= 610


def test_a_correction_takes_bytes_back() -> None:
    rates = Rates(600, at(0))
    rates.add([(APT, 100)], at(10), 10)
    rates.add([(APT, -100)], at(20), 10)
    assert rates.largest() == []


def test_of_what_took_longer_than_the_window_only_its_part_counts() -> None:
    rates = Rates(600, at(0))
    rates.add([(APT, 6000)], at(6000), 6000)
    assert rates.largest() == [(APT, 600)]


def test_a_window_is_complete_when_it_was_watched_from_end_to_end() -> None:
    rates = Rates(600, at(100))
    assert not rates.is_complete(at(699))
    assert rates.is_complete(at(700))
