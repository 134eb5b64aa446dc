"""Round after round: what is said, and when the next one is."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from monitor.pool.rounds import Asking, Rounds
from tests.pooling import Standin, new_pool
from tests.unit.commands.listening import daemon_at

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_what_goes_wrong_is_said_once_and_tried_less_and_less_often(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = new_pool(tmp_path)
    anna = Standin("anna")
    rounds = Rounds(anna.carrier(folder), 3600)
    anna.is_there = False
    assert [rounds.once() for _ in range(7)] == [30, 60, 120, 240, 480, 600, 600]
    anna.is_there = True
    assert rounds.once() == 3600
    anna.is_there = False
    assert rounds.once() == 30
    assert [each.getMessage() for each in caplog.records] == [
        "the pool: no daemon answers there. Trying again.",
        "the pool works again",
        "the pool: no daemon answers there. Trying again.",
    ]


def test_a_round_is_never_later_than_it_is_due(tmp_path: Path) -> None:
    anna = Standin("anna")
    rounds = Rounds(anna.carrier(new_pool(tmp_path)), 60)
    anna.is_there = False
    assert {rounds.once() for _ in range(20)} == {30, 60}


def test_a_finding_is_said_once_as_long_as_it_holds(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    folder = new_pool(tmp_path)
    anna, ben = Standin("anna"), Standin("ben")
    anna.move(0, 1)
    anna.carrier(folder).carry()
    ben.refused.add("anna")
    rounds = Rounds(ben.carrier(folder), 600)
    for _ in range(3):
        rounds.once()
    ben.refused.clear()
    rounds.once()
    assert [each.getMessage() for each in caplog.records] == [
        "the pool: anna: not from that one"
    ]
    assert ben.sum_of("anna") == 1


def test_what_nobody_thought_of_does_not_end_the_rounds(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    anna = Standin("anna")
    anna.refused = None  # type: ignore[assignment]
    folder = new_pool(tmp_path)
    ben = Standin("ben")
    ben.move(0, 1)
    ben.carrier(folder).carry()
    assert Rounds(anna.carrier(folder), 600).once() == 30
    assert "TypeError" in caplog.text


def test_the_largest_pieces_go_over_a_real_socket(tmp_path: Path) -> None:
    folder = new_pool(tmp_path)
    anna, ben = Standin("anna"), Standin("ben")
    for hour in range(1500):
        anna.move(hour, (1 << 62) - 1)
    said = {"pool.outbox": anna.outbox, "pool.take": anna.take}
    heard = {"pool.outbox": ben.outbox, "pool.take": ben.take}
    here, there = tmp_path / "a/a.sock", tmp_path / "b/b.sock"
    of_anna, of_ben = anna.carrier(folder), ben.carrier(folder)
    of_anna._ask, of_ben._ask = Asking(lambda: here), Asking(lambda: there)
    with daemon_at(here, said), daemon_at(there, heard):
        assert of_anna.carry().told == 1500
        assert of_ben.carry().came == {"anna": 1500}
    assert ben.sum_of("anna") == 1500 * ((1 << 62) - 1)
