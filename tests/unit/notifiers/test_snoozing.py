"""What came of a click on "Snooze" is shown, whatever that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from monitor.alerts.model import (
    ACTIVATION_DEADLINE,
    APP_NEW,
    BACKGROUND_RATE,
    DATA_LIMIT,
    DATA_WARNING,
    EXPIRY_LAPSED,
    EXPIRY_SOON,
    MONITOR_BLIND,
    NETWORK_ROAMING,
    NETWORK_UNCOVERED,
)
from monitor.errors import NotShownError
from monitor.notifiers.buttons import Buttons
from monitor.notifiers.notice import ANSWER, Notice
from monitor.notifiers.pending import Pending
from monitor.notifiers.rules import Wishes
from monitor.notifiers.showing import LABEL as DETAILS
from monitor.notifiers.snoozing import LABEL, LABEL_OF_A_DAY, SNOOZE, Snoozer
from tests.unit.commands.listening import daemon_at

if TYPE_CHECKING:
    from pathlib import Path


class Screen:
    """A desktop that can be away."""

    def __init__(self) -> None:
        """Be there."""
        self.shown: list[tuple[str, str]] = []
        self.away = ""

    def show(self, notice: Notice) -> str:
        """Remember it."""
        assert (notice.kind, notice.question) == (ANSWER, None)
        if self.away:
            raise NotShownError(self.away)
        self.shown.append((notice.title, notice.body))
        return "a screen"


def pending(kind: str) -> Pending:
    """An alert."""
    return Pending("1/a", Notice("t", "b", kind), Wishes().verdict(kind))


def click(path: Path, screen: Screen) -> None:
    """Click on the button."""
    question = Snoozer(path, screen).question("1/a", DATA_WARNING)
    assert question is not None
    assert question.answers == (LABEL,)
    question.take(LABEL)


def test_what_the_daemon_did_is_shown_with_how_to_undo_it(tmp_path: Path) -> None:
    screen = Screen()
    done: dict[str, object] = {"plan": "pk", "kind": DATA_WARNING, "entry": "a b"}
    with daemon_at(tmp_path / "s", {SNOOZE: done}):
        click(tmp_path / "s", screen)
    title = "Plan pk: silent about data.warning until its cycle ends"
    undo = "To hear of it again: esimmon plan ledger undo 'a b'"
    assert screen.shown == [(title, undo)]


def test_a_daemon_of_another_version_says_so(tmp_path: Path) -> None:
    screen = Screen()
    with daemon_at(tmp_path / "s"):
        click(tmp_path / "s", screen)
    why = "the daemon is of another version and does not know this; restart it"
    assert screen.shown == [("The alert was not snoozed", why)]


def test_a_click_that_is_lost_is_said_or_at_least_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    screen = Screen()
    click(tmp_path / "nobody", screen)
    screen.away = "the desktop hangs"
    click(tmp_path / "nobody", screen)
    assert screen.shown == [("The alert was not snoozed", "no daemon is running.")]
    assert "no daemon is running. (not shown: the desktop hangs)" in caplog.text


@pytest.mark.parametrize(
    ("kind", "answers"),
    [
        (DATA_WARNING, (LABEL, DETAILS)),
        (DATA_LIMIT, (LABEL, DETAILS)),
        (EXPIRY_SOON, (LABEL, DETAILS)),
        (ACTIVATION_DEADLINE, None),
        (EXPIRY_LAPSED, None),
        (BACKGROUND_RATE, (LABEL_OF_A_DAY, DETAILS)),
        (APP_NEW, (LABEL_OF_A_DAY, DETAILS)),
        (MONITOR_BLIND, None),
        (NETWORK_ROAMING, (LABEL_OF_A_DAY, DETAILS)),
        (NETWORK_UNCOVERED, (LABEL_OF_A_DAY,)),
        ("of a later version", None),
    ],
)
def test_silence_is_offered_where_it_has_an_end_and_details_where_bytes_moved(
    tmp_path: Path, kind: str, answers: tuple[str, ...] | None
) -> None:
    shown = Buttons(tmp_path / "s", Screen()).added(pending(kind))
    assert (shown.question and shown.question.answers) == answers


def test_where_a_plan_may_pay_that_is_the_question(tmp_path: Path) -> None:
    buttons = Buttons(tmp_path / "s", Screen())
    alert = pending(NETWORK_UNCOVERED)._replace(network="wifi:aa", plans=("cn", "pk"))
    asked = buttons.added(alert).question
    assert asked is not None
    assert asked.answers == ("cn", "pk")
