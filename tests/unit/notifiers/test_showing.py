"""What came of a click on "Show details" is shown, whatever that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from monitor import clock
from monitor.alerts.model import DATA_WARNING
from monitor.errors import NotShownError
from monitor.notifiers.buttons import Buttons
from monitor.notifiers.manners import Urgency
from monitor.notifiers.notice import ANSWER, Notice
from monitor.notifiers.pending import Pending
from monitor.notifiers.rules import Wishes
from monitor.notifiers.showing import DETAILS, LABEL, words
from monitor.notifiers.snoozing import LABEL as SNOOZE
from tests.unit.commands.listening import daemon_at

if TYPE_CHECKING:
    from pathlib import Path

NOW_S = 1_749_634_215  # 11 Jun 2025, 09:30:15 UTC
CYCLE_S = 1_748_736_000  # 1 Jun
WARNED = Notice("80 % used", "2 GB left", DATA_WARNING, "pk", 80, None, Urgency.LOW)


def found(*programs: tuple[object, object], **more: object) -> dict[str, Any]:
    """As the daemon answers."""
    return {
        "plan": "pk",
        "network": "",
        "since_s": CYCLE_S,
        "is_cycle": True,
        "programs": [{"name": name, "bytes": amount} for name, amount in programs],
        "others_bytes": 0,
        "unknown_bytes": 0,
        **more,
    }


class Screen:
    """A desktop that can be away."""

    def __init__(self) -> None:
        """Be there."""
        self.shown: list[Notice] = []
        self.away = ""

    def show(self, notice: Notice) -> str:
        """Remember it."""
        if self.away:
            raise NotShownError(self.away)
        self.shown.append(notice)
        return "a screen"


def click(path: Path, screen: Screen, label: str = LABEL) -> None:
    """Click on a button of the warning."""
    alert = Pending("1/a", WARNED, Wishes().verdict(DATA_WARNING))
    question = Buttons(path, screen).added(alert).question
    assert question is not None
    assert question.answers == (SNOOZE, LABEL)
    question.take(label)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now_s", lambda: NOW_S)
    monkeypatch.setenv("TZ", "UTC")


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (
            found(("firefox", 3_200_000_000), ("apt", 1_100_000_000)),
            (
                "Who used it since 1 Jun:\n3.20 GB firefox\n1.10 GB apt\n"
                "More: esimmon report --plan pk --period cycle"
            ),
        ),
        (
            found(("a", 2_000_000), others_bytes=300_000_000, unknown_bytes=7),
            (
                "Who used it since 1 Jun:\n2.00 MB a\n300 MB others\n"
                "7 B no known program\nMore: esimmon report --plan pk --period cycle"
            ),
        ),
        (
            found(since_s=NOW_S - 3600, is_cycle=False),
            (
                "Nobody used it since 11 Jun 08:30 UTC.\n"
                "More: esimmon report --plan pk --since 1h"
            ),
        ),
        (
            found(
                *[("a\nb", 1)],
                plan="",
                network="wifi:O'Neill",
                since_s=NOW_S - 86_400 - 1,
                is_cycle=False,
            ),
            (
                "Who used it since 10 Jun 09:30 UTC:\n1 B a\\nb\nMore: esimmon report "
                "--network 'wifi:O'\"'\"'Neill' --since 25h"
            ),
        ),
    ],
)
def test_details_are_who_used_most_and_where_there_is_more(
    answer: dict[str, Any], text: str
) -> None:
    assert words(answer) == text


def test_they_take_the_place_of_the_alert_and_the_other_button_stays(
    tmp_path: Path,
) -> None:
    screen = Screen()
    with daemon_at(tmp_path / "s", {DETAILS: found(("firefox", 3_200_000))}):
        click(tmp_path / "s", screen)
    (shown,) = screen.shown
    assert shown.body.startswith("Who used it since 1 Jun:\n3.20 MB firefox\n")
    assert shown.question is not None
    assert shown.question.answers == (SNOOZE,)
    assert shown._replace(body=WARNED.body, question=None) == WARNED


def test_the_other_button_does_what_it_says(tmp_path: Path) -> None:
    screen = Screen()
    done: dict[str, object] = {"plan": "pk", "kind": DATA_WARNING, "entry": "x"}
    with daemon_at(tmp_path / "s", {"alerts.snooze": done}):
        click(tmp_path / "s", screen, SNOOZE)
    (shown,) = screen.shown
    assert "silent about data.warning" in shown.title


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({}, "of another version"),
        (found(since_s="x"), "of another version"),
        (found(since_s=2**80), "of another version"),
        (found(("a", "x")), "of another version"),
        (found(programs=[7]), "of another version"),
        (found(programs=None), "of another version"),
        (None, "does not know this"),
    ],
)
def test_what_cannot_be_shown_is_said(
    tmp_path: Path, answer: dict[str, Any] | None, said: str
) -> None:
    screen = Screen()
    with daemon_at(tmp_path / "s", {} if answer is None else {DETAILS: answer}):
        click(tmp_path / "s", screen)
    (shown,) = screen.shown
    assert (shown.kind, shown.title) == (ANSWER, "There are no details of the alert")
    assert said in shown.body


def test_where_nothing_can_be_shown_the_log_has_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    screen = Screen()
    screen.away = "the desktop hangs"
    with daemon_at(tmp_path / "s", {DETAILS: found()}):
        click(tmp_path / "s", screen)
    click(tmp_path / "nobody", screen)
    assert "the details were not shown: the desktop hangs" in caplog.text
    assert "no details of the alert: no daemon is running." in caplog.text
