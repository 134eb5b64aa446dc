"""A user's agent and a daemon's socket, both real."""

from __future__ import annotations

import os
import selectors
import socket
import threading
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from monitor.daemon.control import Access, Control, Method
from monitor.errors import NotShownError
from monitor.notifiers import agent as agents
from monitor.notifiers.agent import SHOWN, Agent
from monitor.notifiers.manners import Urgency
from monitor.notifiers.memory import Memory
from monitor.notifiers.pending import PENDING
from monitor.notifiers.showing import LABEL as DETAILS
from monitor.notifiers.snoozing import LABEL, LABEL_OF_A_DAY
from tests.desktop.stack import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from monitor.notifiers.notice import Notice


def alert(name: str) -> dict[str, Any]:
    """As `alerts.pending` names it."""
    return {"id": name, "kind": "data.warning", "title": f"title {name}", "body": "b"}


class Daemon:
    """The daemon's side, in a thread."""

    def __init__(self, path: Path) -> None:
        """Prepare to serve there."""
        self.path = path
        self.alerts: list[dict[str, Any]] = []
        self.quiet: object = ""
        self.shown: list[Mapping[str, Any]] = []
        self._announce = threading.Event()

    def say(self, *names: str) -> None:
        """Announce that these alerts hold."""
        self.alerts = [alert(name) for name in names]
        self._announce.set()

    def said(self) -> list[str]:
        """Which alerts were acknowledged."""
        return [params["id"] for params in self.shown]

    def _pending(self, _: Mapping[str, Any]) -> dict[str, Any]:
        return {"alerts": self.alerts, "quiet": self.quiet}

    def _shown(self, params: Mapping[str, Any]) -> dict[str, Any]:
        self.shown.append(params)
        return {"noted": True}

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Answer until the end of the block."""
        methods = {
            PENDING: Method(Access.ANYBODY, self._pending, is_followed=True),
            SHOWN: Method(Access.ANYBODY, self._shown),
        }
        stop = threading.Event()
        with selectors.DefaultSelector() as selector:
            control = Control(self.path, methods, selector)

            def loop() -> None:
                while not stop.is_set():
                    for key, _ in selector.select(0.01):
                        key.data()
                    if self._announce.is_set():
                        self._announce.clear()
                        control.announce(PENDING, self._pending({}))

            thread = threading.Thread(target=loop)
            thread.start()
            try:
                yield
            finally:
                stop.set()
                thread.join()
                control.close()


class Screen:
    """A desktop that can be away."""

    def __init__(self) -> None:
        """Be there."""
        self.notices: list[Notice] = []
        self.away = ""
        self.tries = 0

    def show(self, notice: Notice) -> str:
        """Show, or say why not."""
        self.tries += 1
        if self.away:
            raise NotShownError(self.away)
        self.notices.append(notice)
        return "a screen"

    @property
    def titles(self) -> list[str]:
        """Of all that was shown."""
        return [notice.title for notice in self.notices]


@contextmanager
def following(
    path: Path,
    screen: Screen,
    memory_file: Path,
    channel: str = "desktop",
    minute_now: Callable[[], int] = lambda: 0,
) -> Iterator[None]:
    """An agent in a thread; it ends as it does when its daemon's process ends."""
    parent, lifeline = os.pipe()
    with Memory(memory_file) as memory:
        agent = Agent(path, screen, memory, parent)
        agent.channel, agent.minute_now = channel, minute_now
        agent.way = "push" if channel == "push" else ""
        thread = threading.Thread(target=agent.run)
        thread.start()
        try:
            yield
        finally:
            os.close(lifeline)
            thread.join(10)
            os.close(parent)
            assert not thread.is_alive()


@pytest.fixture
def daemon(tmp_path: Path) -> Daemon:
    """A daemon that does not serve yet."""
    return Daemon(tmp_path / "esimmon.sock")


@pytest.fixture
def memory_file(tmp_path: Path) -> Path:
    """What the agent remembers."""
    return tmp_path / "notify.json"


def test_what_holds_is_shown_and_what_comes_is_shown_at_once(
    daemon: Daemon, memory_file: Path
) -> None:
    screen = Screen()
    daemon.alerts = [alert("one")]
    with daemon.serving(), following(daemon.path, screen, memory_file):
        wait_for(lambda: screen.titles == ["title one"], "the first alert")
        daemon.say("one", "two")
        wait_for(lambda: len(daemon.shown) == 2, "both to be acknowledged")
    assert screen.titles == ["title one", "title two"]
    assert daemon.shown == [
        {"id": "one", "failure": ""},
        {"id": "two", "failure": ""},
    ]


def test_neither_a_restart_of_the_daemon_nor_of_the_agent_shows_anything_again(
    daemon: Daemon, memory_file: Path
) -> None:
    screen = Screen()
    daemon.alerts = [alert("one")]
    with following(daemon.path, screen, memory_file):
        with daemon.serving():
            wait_for(lambda: daemon.shown, "the first alert")
        daemon.alerts = [alert("one"), alert("two")]
        with daemon.serving():
            wait_for(lambda: "two" in daemon.said(), "the second alert")
    daemon.alerts.append(alert("three"))
    with daemon.serving(), following(daemon.path, screen, memory_file):
        wait_for(lambda: "three" in daemon.said(), "the third alert")
    assert screen.titles == ["title one", "title two", "title three"]
    # A daemon that was killed may not have noted it: each one is told of all.
    assert daemon.said() == ["one", "one", "two", "one", "two", "three"]


def test_a_failure_is_told_to_the_daemon_once_and_tried_again_later(
    daemon: Daemon, memory_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agents, "_RETRY_S", 0.05)
    screen = Screen()
    screen.away = "no notification daemon"
    daemon.alerts = [alert("one")]
    with daemon.serving(), following(daemon.path, screen, memory_file):
        wait_for(lambda: screen.tries > 3, "some tries")
        assert daemon.shown == [{"id": "one", "failure": "no notification daemon"}]
        screen.away = ""
        wait_for(lambda: len(daemon.shown) == 2, "success")
    assert daemon.shown[1] == {"id": "one", "failure": ""}
    assert screen.titles == ["title one"]


def test_a_failure_is_not_tried_again_at_once(
    daemon: Daemon, memory_file: Path
) -> None:
    screen = Screen()
    screen.away = "no notification daemon"
    daemon.alerts = [alert("one")]
    with daemon.serving(), following(daemon.path, screen, memory_file):
        wait_for(lambda: daemon.shown, "the failure")
        daemon.say("one")
        daemon.say("one", "two")
        wait_for(lambda: len(daemon.shown) == 2, "the other failure")
    assert screen.tries <= 3


def test_an_alert_that_is_over_is_not_shown_any_more(
    daemon: Daemon, memory_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agents, "_RETRY_S", 0.05)
    screen = Screen()
    screen.away = "no notification daemon"
    daemon.alerts = [alert("one")]
    with daemon.serving(), following(daemon.path, screen, memory_file):
        wait_for(lambda: daemon.shown, "the failure")
        daemon.say()
        daemon.say("two")
        wait_for(lambda: len(daemon.shown) == 2, "the second")
        screen.away = ""
        wait_for(lambda: screen.titles, "success")
    assert screen.titles == ["title two"]


@pytest.mark.parametrize("line", [b"[]\n", b"nonsense\n", b'{"id": 1, "error": {}}\n'])
def test_a_daemon_that_does_not_speak_of_alerts_is_said_once_and_tried_again(
    line: bytes, daemon: Daemon, memory_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    import socket  # noqa: PLC0415 - only this test plays a daemon by hand

    screen = Screen()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(daemon.path))
        listener.listen()
        with following(daemon.path, screen, memory_file):
            for _ in range(2):
                link, _ = listener.accept()
                with link:
                    link.recv(1000)
                    link.sendall(line)
    assert str(daemon.path) in caplog.text
    assert screen.tries == 0


def test_a_daemon_that_is_not_there_yet_is_waited_for(
    daemon: Daemon, memory_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    screen = Screen()
    daemon.alerts = [alert("one")]
    with following(daemon.path, screen, memory_file):
        wait_for(lambda: "trying again" in caplog.text, "the first try")
        with daemon.serving():
            wait_for(lambda: screen.titles, "the alert")
    assert caplog.text.count("trying again") == 1


NIGHT, MORNING = 23 * 60, 7 * 60


@pytest.mark.parametrize("channel", ["desktop", "push"])
def test_in_quiet_hours_what_is_critical_is_shown_and_the_rest_when_they_are_over(
    channel: str, daemon: Daemon, memory_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agents, "_RETRY_S", 0.05)
    screen, now = Screen(), [NIGHT]
    daemon.quiet = "22:00-07:00"
    daemon.alerts = [alert(name) for name in ("one", "two", "three")]
    daemon.alerts[1]["urgency"] = "critical"
    night = following(daemon.path, screen, memory_file, channel, lambda: now[0])
    with daemon.serving(), night:
        wait_for(lambda: screen.titles == ["title two"], "what is critical")
        daemon.say("one")  # the third is over before anybody saw it
        now[0] = MORNING
        daemon.say("one")  # it may have looked at the clock just before
        wait_for(lambda: len(daemon.shown) == 2, "the rest")
    assert screen.titles == ["title two", "title one"]
    way = {"way": "push"} if channel == "push" else {}
    assert daemon.shown[0] == {"id": "two", "failure": "", **way}


def test_quiet_hours_that_are_taken_back_are_over(
    daemon: Daemon, memory_file: Path
) -> None:
    """As when the daemon's configuration was loaded anew."""
    screen = Screen()
    daemon.quiet = "22:00-07:00"
    daemon.alerts = [alert("one"), alert("loud") | {"urgency": "critical"}]
    night = following(daemon.path, screen, memory_file, minute_now=lambda: NIGHT)
    with daemon.serving(), night:
        wait_for(lambda: screen.titles == ["title loud"], "what is critical")
        daemon.quiet = 7  # what is no time is none
        daemon.say("one")
        wait_for(lambda: len(screen.titles) == 2, "the rest")


@pytest.mark.parametrize("channel", ["desktop", "push"])
def test_only_what_is_for_its_channel_is_shown(
    channel: str, daemon: Daemon, memory_file: Path
) -> None:
    screen = Screen()
    daemon.alerts = [
        alert("none") | {"channels": []},
        alert("desktop") | {"channels": ["desktop"]},
        alert("push") | {"channels": ["push"]},
        alert("both") | {"channels": ["desktop", "push"]},
    ]
    with daemon.serving(), following(daemon.path, screen, memory_file, channel):
        wait_for(lambda: len(daemon.shown) == 2, "both")
    assert screen.titles == [f"title {channel}", "title both"]


def test_how_loud_an_alert_is_comes_with_it(daemon: Daemon, memory_file: Path) -> None:
    screen = Screen()
    daemon.alerts = [alert("one") | {"urgency": "low"}, alert("two")]
    with daemon.serving(), following(daemon.path, screen, memory_file):
        wait_for(lambda: len(daemon.shown) == 2, "both")
    assert [each.urgency for each in screen.notices] == [Urgency.LOW, Urgency.NORMAL]


@pytest.mark.parametrize(
    ("given", "percent"),
    [(80, 80), (None, None), ("80", None), (True, None), ([], None), (2**80, 2**80)],
)
def test_what_a_desktop_makes_of_an_alert_comes_with_it(
    daemon: Daemon, memory_file: Path, given: object, percent: int | None
) -> None:
    screen = Screen()
    of_a_quota: dict[str, Any] = {"subject": "pk", "percent": given}
    daemon.alerts = [
        alert("one") | of_a_quota,
        alert("two") | {"kind": "wifi.in_range"},
    ]
    with daemon.serving(), following(daemon.path, screen, memory_file):
        wait_for(lambda: len(daemon.shown) == 2, "both alerts")
    first, second = screen.notices
    assert (first.kind, first.subject, first.percent) == ("data.warning", "pk", percent)
    assert first.question is not None
    assert first.question.answers == (LABEL, DETAILS)
    assert (second.subject, second.percent) == ("", None)
    assert second.question is not None
    assert second.question.answers == (LABEL_OF_A_DAY,)


def test_after_each_failure_it_waits_twice_as_long_up_to_its_longest(
    memory_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s, tried_s = 0, list[int]()
    monkeypatch.setattr(agents, "time", SimpleNamespace(monotonic=lambda: now_s))
    screen = Screen()
    screen.away = "the server says no"
    ours, theirs = socket.socketpair()
    with Memory(memory_file) as memory, ours, theirs:
        agent = Agent(tmp_path / "none.sock", screen, memory)
        agent.longest_retry_s = 120
        agent.take({"alerts": [alert("one")]})
        for now_s in range(500):
            agent.look(ours)
            if screen.tries > len(tried_s):
                tried_s.append(now_s)
        told = theirs.recv(65_536).splitlines()
    assert tried_s == [0, 30, 90, 210, 330, 450]
    assert len(told) == 1
