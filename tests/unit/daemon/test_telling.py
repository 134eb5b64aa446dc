"""The daemon's side of telling: once, again only if nobody saw, never twice."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from monitor.alerts import DATA_LIMIT, DATA_WARNING, Key, Raised, RateRule, Told
from monitor.alerts.model import (
    EXPIRY_EXPIRED,
    EXPIRY_SOON,
    OVERAGE_BLOCK,
    ROAMING_UNCOVERED,
)
from monitor.attribution.shares import Attributed
from monitor.config.settings import AlertRule
from monitor.config.values import KindPattern
from monitor.daemon.telling import Telling
from monitor.errors import NotShownError
from monitor.notifiers.courier import Courier
from monitor.notifiers.manners import Urgency
from monitor.notifiers.quiet import DayTimes
from monitor.notifiers.rules import Wishes
from monitor.usage import Application, Attachment, Owner, Process, Share, Traffic
from tests.alerting import GB, JUNE_S, MB, RULE, raised, watched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.alerts import Delivery
    from monitor.notifiers.notice import Notice

NOW_S = JUNE_S + 86_400
SECOND_NS = 1_000_000_000
WWAN = Attachment("if:wwan0", "wwan0", billed=True)


class Screen:
    """A desktop that can be away."""

    def __init__(self) -> None:
        """Be there."""
        self.titles: list[str] = []
        self.urgencies: list[Urgency | None] = []
        self.away = ""

    def show(self, notice: Notice) -> str:
        """Show, or say why not."""
        self.urgencies.append(notice.urgency)
        self.titles.append(notice.title)
        if self.away:
            raise NotShownError(self.away)
        return "a screen"


class Daemon:
    """What a daemon does with its `Telling`."""

    def __init__(self, screen: Screen | None, told: Told | None = None) -> None:
        """Start a run."""
        self.courier = Courier(screen, "desktop") if screen else None
        self.telling = Telling(told or Told(), RULE, self.courier)
        self.at_s = 0
        self.delivered: list[Delivery] = []

    def tick(self, used_bytes: int, seconds: int = 10) -> list[str]:
        """One tick; the kinds of what is told."""
        self.at_s += seconds
        at_ns, now_s = self.at_s * SECOND_NS, NOW_S + self.at_s
        changes = self.telling.judge(now_s, at_ns, [watched(used_bytes)])
        self.telling.tell(changes, at_ns)
        self.wait()
        self.delivered += self.telling.deliveries()
        return [each.key.kind for each in changes if isinstance(each, Raised)]

    def wait(self) -> None:
        """Until the courier has nothing left."""
        if self.courier is not None:
            self.courier._waiting.join()

    def outcomes(self) -> list[tuple[str, str]]:
        """Way and failure of each delivery."""
        return [(each.way, each.failure) for each in self.delivered]


@pytest.fixture
def screen() -> Screen:
    """A desktop."""
    return Screen()


@pytest.fixture
def daemon(screen: Screen) -> Iterator[Daemon]:
    """A daemon on that desktop."""
    daemon = Daemon(screen)
    yield daemon
    daemon.telling.close()


def test_an_alert_is_in_the_log_and_on_the_desktop_once(
    daemon: Daemon, screen: Screen, caplog: pytest.LogCaptureFixture
) -> None:
    assert daemon.tick(GB) == []
    assert daemon.tick(8 * GB) == ["data.warning"]
    for _ in range(100):
        assert daemon.tick(8 * GB) == []
    assert screen.titles == ["Plan wwan: 80 % of 10.00 GB used"]
    assert daemon.outcomes() == [("journal", ""), ("desktop", "")]
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith(
        "Plan wwan: 80 % of 10.00 GB used. 8.00 GB used. 2.00 GB left until 1 Jul"
    )
    assert "\n" not in record.getMessage()


def test_of_a_kind_the_newest_is_pending_whatever_its_step(daemon: Daemon) -> None:
    """A step is a percent, hours, a number of blocks, a country, or nothing."""
    for kind, step in (
        (DATA_LIMIT, "100"),
        (DATA_WARNING, "80"),
        (EXPIRY_SOON, "24h"),
        (EXPIRY_EXPIRED, ""),
        (ROAMING_UNCOVERED, "²"),
        (OVERAGE_BLOCK, "9"),
        (OVERAGE_BLOCK, "10"),
    ):
        told = daemon.telling.told.after([raised(kind, step)])
        daemon.telling.told = told
    ids = [each["id"] for each in daemon.telling.pending()["alerts"]]
    keys = [Key.parse(each.partition("/")[2]) for each in ids]
    assert {(key.kind, key.step) for key in keys} == {
        (DATA_LIMIT, "100"),
        (EXPIRY_SOON, "24h"),
        (EXPIRY_EXPIRED, ""),
        (ROAMING_UNCOVERED, "²"),
        (OVERAGE_BLOCK, "10"),
    }


def test_what_nobody_saw_is_tried_again_ever_more_rarely_and_said_once(
    daemon: Daemon, screen: Screen, caplog: pytest.LogCaptureFixture
) -> None:
    screen.away = "no notification daemon"
    daemon.tick(8 * GB)
    for _ in range(6):
        daemon.tick(8 * GB)
    assert len(screen.titles) == 2  # at once, after 30 s, not yet after 120 s more
    assert caplog.text.count("not shown on the desktop: no notification daemon") == 1
    screen.away = ""
    daemon.tick(8 * GB, seconds=120)
    daemon.tick(8 * GB, seconds=3600)
    assert len(screen.titles) == 3
    assert daemon.outcomes()[-1] == ("desktop", "")


def test_what_is_over_is_not_tried_any_more(daemon: Daemon, screen: Screen) -> None:
    screen.away = "no notification daemon"
    daemon.tick(8 * GB)
    daemon.tick(GB)
    daemon.tick(GB, seconds=3600)
    assert len(screen.titles) == 1


def test_of_a_plan_only_the_newest_is_worth_a_notification(
    daemon: Daemon, screen: Screen
) -> None:
    screen.away = "no notification daemon"
    daemon.tick(5 * GB)
    daemon.tick(8 * GB)
    daemon.tick(10 * GB)
    daemon.tick(10 * GB, seconds=3600)
    assert [title.split(": ")[1] for title in screen.titles] == [
        "50 % of 10.00 GB used",
        "80 % of 10.00 GB used",
        "nothing left of 10.00 GB",
        "nothing left of 10.00 GB",
    ]
    (pending,) = daemon.telling.pending()["alerts"]
    assert pending["kind"] == "data.limit"


def test_after_a_restart_what_was_seen_is_silent_and_what_was_not_is_told(
    daemon: Daemon, screen: Screen, caplog: pytest.LogCaptureFixture
) -> None:
    daemon.tick(8 * GB)
    caplog.clear()
    again = Daemon(screen, daemon.telling.told)
    again.tick(8 * GB)
    again.telling.close()
    assert len(screen.titles) == 1
    unseen = Told().after([raised(at_s=NOW_S)])
    third = Daemon(screen, unseen)
    assert third.tick(8 * GB) == []
    third.telling.close()
    assert len(screen.titles) == 2
    assert third.outcomes() == [("desktop", "")]
    assert not caplog.records  # the log has it already


def test_without_a_desktop_alerts_are_logged_and_wait_for_agents() -> None:
    daemon = Daemon(None)
    daemon.tick(8 * GB)
    assert daemon.outcomes() == [("journal", "")]
    (pending,) = daemon.telling.pending()["alerts"]
    assert set(pending) == {
        *("id", "kind", "subject", "percent", "title", "body"),
        *("urgency", "channels"),
    }
    assert (pending["urgency"], pending["channels"]) == ("normal", ["desktop", "push"])
    assert (pending["subject"], pending["percent"]) == ("wwan", 80)
    assert daemon.telling.shown({"id": pending["id"], "failure": ""}) == {"noted": True}
    assert daemon.telling.shown({"id": pending["id"]}) == {"noted": False}
    assert daemon.telling.close()[0].way == "agent"
    # Another user has not seen it yet: each agent knows what it showed.
    assert daemon.telling.pending()["alerts"] == [pending]


def test_an_agent_cannot_fill_log_or_memory(caplog: pytest.LogCaptureFixture) -> None:
    daemon = Daemon(None)
    daemon.tick(8 * GB)
    caplog.clear()
    (pending,) = daemon.telling.pending()["alerts"]
    for number in range(100):
        daemon.telling.shown({"id": pending["id"], "failure": f"{number}" * 1000})
    nonsense: list[object] = [7, None, [], "unknown", {}]
    for handle in nonsense:
        assert daemon.telling.shown({"id": handle}) == {"noted": False}
    (delivery,) = daemon.telling.deliveries()
    assert len(delivery.failure) == 200
    assert len(caplog.records) == 1


def test_an_alert_on_its_way_at_the_end_is_still_told(
    daemon: Daemon, screen: Screen
) -> None:
    changes = daemon.telling.judge(NOW_S, 0, [watched(8 * GB)])
    daemon.telling.tell(changes, 0)
    ways = [delivery.way for delivery in daemon.telling.close()]
    assert ways == ["journal", "desktop"]
    assert len(screen.titles) == 1


def rule(kind: str, urgency: Any = None, channels: Any = ("desktop", "push")) -> Wishes:  # noqa: ANN401 - as the configuration has them
    """One rule about a kind."""
    return Wishes(rules=(AlertRule((KindPattern(kind),), urgency, channels),))


@pytest.fixture
def night(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The minute of the day; it is three in the morning."""
    minute = [3 * 60]
    monkeypatch.setattr("monitor.daemon.telling.minute_now", lambda: minute[0])
    return minute


def test_what_holds_still_in_the_morning_is_shown_then(
    daemon: Daemon, screen: Screen, night: list[int]
) -> None:
    daemon.telling.wishes = Wishes(DayTimes("22:00-07:00"))
    assert daemon.tick(8 * GB) == ["data.warning"]
    for _ in range(20):
        daemon.tick(8 * GB, seconds=600)
    assert daemon.outcomes() == [("journal", "")]
    night[0] = 7 * 60
    daemon.tick(8 * GB)
    daemon.tick(8 * GB, seconds=3600)
    assert screen.titles == ["Plan wwan: 80 % of 10.00 GB used"]


def test_what_ended_before_the_morning_is_not_shown(
    daemon: Daemon, screen: Screen, night: list[int]
) -> None:
    daemon.telling.wishes = Wishes(DayTimes("22:00-07:00"))
    daemon.tick(8 * GB)
    daemon.tick(GB)
    night[0] = 7 * 60
    daemon.tick(GB)
    assert screen.titles == []


def test_what_is_critical_by_itself_or_by_a_rule_is_shown_in_the_night(
    daemon: Daemon, screen: Screen, night: list[int]
) -> None:
    assert night
    times = DayTimes("22:00-07:00")
    daemon.telling.wishes = rule("data.warning", "critical")._replace(quiet=times)
    daemon.tick(5 * GB)
    assert screen.urgencies == [Urgency.CRITICAL]
    daemon.telling.wishes = Wishes(times)
    daemon.tick(8 * GB)
    assert len(screen.titles) == 1
    daemon.tick(10 * GB)
    assert screen.urgencies == [Urgency.CRITICAL, Urgency.CRITICAL]


def test_what_is_not_for_the_desktop_is_in_the_log_and_pending_for_others(
    daemon: Daemon, screen: Screen
) -> None:
    daemon.telling.wishes = rule("data.*", "low", ("push",))
    daemon.tick(8 * GB)
    assert (screen.titles, daemon.outcomes()) == ([], [("journal", "")])
    (pending,) = daemon.telling.pending()["alerts"]
    assert (pending["urgency"], pending["channels"]) == ("low", ["push"])
    daemon.telling.wishes = Wishes()  # a rule that is gone
    daemon.tick(8 * GB)
    assert screen.urgencies == [Urgency.NORMAL]


def bytes_of(
    name: str, amount: int, where: Attachment = WWAN, app_class: str = "background"
) -> Attributed:
    """Bytes that a process moved."""
    process = Process(Owner(5, hash(name), 1), name, f"/{name}", (), 0, 1, "/")
    share = Share(Application(name, "executable"), app_class=app_class)
    return Attributed(where, share, process, Traffic(rx_bytes=amount))


def test_a_program_in_the_background_is_told_with_the_plan_that_pays() -> None:
    telling = Telling(Told(), RULE, None)
    rows = [bytes_of("sync", 30 * MB), bytes_of("sync", 25 * MB)]
    telling.book(rows, SECOND_NS, 10, lambda at: {"wwan0": "travel"}.get(at.device))
    (change,) = telling.judge(NOW_S, SECOND_NS, [])
    assert isinstance(change, Raised)
    assert change.alert.detail == "sync:55000000"
    assert change.alert.plan == "travel"


@pytest.mark.parametrize(
    "where",
    [
        Attachment("if:wlan0", "wlan0", billed=True, metered=False),
        Attachment("if:br0", "br0", billed=False),
    ],
)
def test_bytes_that_cost_nothing_are_not_watched(where: Attachment) -> None:
    telling = Telling(Told(), RULE, None)
    telling.book([bytes_of("sync", 99 * MB, where)], SECOND_NS, 10, lambda _: None)
    assert telling.judge(NOW_S, SECOND_NS, []) == []


@pytest.mark.parametrize("app_class", ["interactive", "unknown"])
def test_a_program_that_a_person_may_look_at_is_not_watched(app_class: str) -> None:
    telling = Telling(Told(), RULE, None)
    rows = [bytes_of("curl", 99 * MB, app_class=app_class)]
    telling.book(rows, SECOND_NS, 10, lambda _: None)
    assert telling.judge(NOW_S, SECOND_NS, []) == []


def test_a_reload_that_changes_the_window_begins_a_new_one() -> None:
    telling = Telling(Told(), RULE, None)
    telling.book([bytes_of("sync", 40 * MB)], SECOND_NS, 10, lambda _: None)
    telling.rule = RateRule(30 * MB, 60)
    telling.book([], 2 * SECOND_NS, 1, lambda _: None)
    assert telling.judge(NOW_S, 2 * SECOND_NS, []) == []
