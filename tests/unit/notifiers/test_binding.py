"""What came of a click is shown, whatever that is."""

from __future__ import annotations

import logging
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from monitor.errors import NotShownError
from monitor.notifiers.binding import Binder

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.notifiers.notice import Notice

BY_HAND = "\nBy hand: esimmon plan bind pk wifi:aa"


class Screen:
    """A desktop that can be away."""

    def __init__(self) -> None:
        """Be there."""
        self.shown: list[tuple[str, str]] = []
        self.away = ""

    def show(self, notice: Notice) -> str:
        """Remember it."""
        assert notice.question is None
        if self.away:
            raise NotShownError(self.away)
        self.shown.append((notice.title, notice.body))
        return "a screen"


def click(path: Path, screen: Screen, plan: str = "pk") -> None:
    """Click on a plan."""
    question = Binder(path, screen).question("wifi:aa", ["cn", "pk"])
    assert question is not None
    assert question.answers == ("cn", "pk")
    question.take(plan)


def click_with(path: Path, answer: bytes) -> tuple[list[tuple[str, str]], bytes]:
    """Click while somebody answers at that path; what is shown, and what was asked."""
    screen = Screen()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=click, args=(path, screen))
        thread.start()
        link, _ = listener.accept()
        with link:
            asked = link.recv(1000)
            link.sendall(answer)
        thread.join()
    return screen.shown, asked


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        (
            b'{"id": 1, "result": {"told": "uuid in pk.toml"}}\n',
            ("Plan pk pays for it from now on", "uuid in pk.toml"),
        ),
        (b'{"id": 1, "result": {}}\n', ("Plan pk pays for it from now on", "")),
        (
            b'{"id": 1, "error": {"message": "no"}}\n',
            ("Plan pk does not pay for it", "no"),
        ),
        (b"nonsense\n", ("Plan pk does not pay for it", "the daemon gave no answer.")),
        (b"", ("Plan pk does not pay for it", "the daemon gave no answer.")),
    ],
)
def test_what_the_daemon_says_is_shown(
    tmp_path: Path, answer: bytes, shown: tuple[str, str]
) -> None:
    found, asked = click_with(tmp_path / "s", answer)
    title, body = shown
    by_hand = "" if "from now on" in title else BY_HAND
    assert found == [(title, body + by_hand)]
    assert b'"networks.bind"' in asked
    assert b'{"network": "wifi:aa", "plan": "pk"}' in asked


def test_without_a_daemon_the_click_is_lost_and_that_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    screen = Screen()
    click(tmp_path / "nobody", screen)
    said = f"no daemon is running.{BY_HAND}"
    assert screen.shown == [("Plan pk does not pay for it", said)]
    assert "wifi:aa was not bound to plan pk: no daemon is running." in caplog.text


def test_what_cannot_be_shown_is_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    screen = Screen()
    screen.away = "the desktop hangs"
    click(tmp_path / "nobody", screen)
    assert "(not shown: the desktop hangs)" in caplog.text


def test_without_a_choice_there_is_no_question_and_never_too_many_buttons(
    tmp_path: Path,
) -> None:
    binder = Binder(tmp_path / "s", Screen())
    assert binder.question("wifi:aa", []) is None
    assert binder.question("", ["pk"]) is None
    many = binder.question("wifi:aa", [f"p{number}" for number in range(9)])
    assert many is not None
    assert many.answers == ("p0", "p1", "p2", "p3")


def test_a_log_has_no_whole_iccid(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    iccid, screen = "8944500102030405064", Screen()
    question = Binder(tmp_path / "nobody", screen).question(f"sim:{iccid}", ["pk"])
    assert question is not None
    question.take("pk")
    assert "sim:…5064 was not bound" in caplog.text
    assert iccid not in caplog.text
