"""`esimmon alerts snooze` as a person calls it, without a daemon."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from monitor import cli, clock
from monitor.commands.alerts.snooze import _until
from monitor.errors import UsageError
from monitor.store import snoozes
from monitor.store.batch import Batch
from monitor.store.engine import open_store
from tests.alerting import raised
from tests.unit.store.builders import T0, writing

if TYPE_CHECKING:
    from pathlib import Path

ZONE = ZoneInfo("Europe/Paris")
NOON_S = int(datetime(2025, 6, 1, 12, 0, tzinfo=ZONE).timestamp())
PLAN = """
[[plan]]
id = "{}"
quota = "1 GB"
every = "month"
[plan.match]
interface = ["{}"]
"""


class Calls:
    """The program on a store with one alert, and a configuration."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.store = folder / "usage.db"
        self._config = folder / "config.toml"
        self._capsys = capsys
        with writing(self.store) as (_, writer):
            writer.flush(Batch(alerts=[raised()]), T0, trusted=True)
        self.has("pk")

    def has(self, *plans: str) -> None:
        """Write down these plans."""
        texts = [PLAN.format(plan, f"wwan{n}") for n, plan in enumerate(plans)]
        self._config.write_text("".join(texts), encoding="utf-8")

    def call(self, *words: str) -> tuple[int, str]:
        """Call it; its exit status and what it said."""
        own = ["--store", str(self.store), "--config", str(self._config)]
        status = cli.main(["alerts", *words, *own])
        said = self._capsys.readouterr()
        return status, said.out + said.err

    def ends(self) -> dict[str, int]:
        """What is silent whatever it is about."""
        with open_store(self.store, writable=False) as store:
            return snoozes.ends(store)

    def noted(self, plan: str) -> list[dict[str, Any]]:
        """The ledger of a plan."""
        own = ["--store", str(self.store), "--config", str(self._config)]
        assert cli.main(["plan", "ledger", plan, "--json", *own]) == 0
        found: list[dict[str, Any]] = json.loads(self._capsys.readouterr().out)[
            "entries"
        ]
        return found


@pytest.fixture
def calls(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Calls:
    """A store with one alert."""
    return Calls(tmp_path, capsys)


def test_a_kind_of_no_plan_is_silent_for_a_day_or_until_somebody_says(
    calls: Calls,
) -> None:
    status, said = calls.call("snooze", "app.new")
    assert (status, said[:27]) == (0, "Silent about app.new until ")
    assert 0 <= calls.ends()["app.new"] - clock.now_s() - 86_400 + 60 <= 60
    assert calls.call("snooze", "monitor.blind", "--until", "2 h")[0] == 0
    assert set(calls.ends()) == {"app.new", "monitor.blind"}
    assert calls.call("snooze", "app.new", "--until", "now") == (
        0,
        "app.new is told again.\n",
    )
    assert set(calls.ends()) == {"monitor.blind"}


def test_a_dry_run_notes_nothing(calls: Calls) -> None:
    status, said = calls.call("snooze", "app.new", "--dry-run")
    assert status == 0
    assert said.endswith("Dry run: nothing noted.\n")
    assert calls.ends() == {}


def test_the_only_plan_is_meant_and_of_several_one_is_named(calls: Calls) -> None:
    until = "2 days"
    status, said = calls.call("snooze", "data.warning", "--until", until)
    assert status == 0
    assert said.startswith("pk: silent about data.warning until ")
    (entry,) = calls.noted("pk")
    assert (entry["kind"], entry["alert"]) == ("snooze", "data.warning")
    assert entry["until"].endswith("Z")
    calls.has("pk", "cn")
    status, said = calls.call("snooze", "data.warning")
    assert status == 2
    assert "of which plan? There are: pk, cn." in said
    assert calls.call("snooze", "cn", "data.limit")[0] == 0
    assert [each["alert"] for each in calls.noted("cn")] == ["data.limit"]
    assert calls.ends() == {}
    # All of them, where it says until when.
    assert calls.call("snooze", "data.warning", "--until", until)[0] == 0
    assert set(calls.ends()) == {"data.warning"}


def test_what_ends_now_is_told_again(calls: Calls) -> None:
    calls.call("snooze", "pk", "data.warning")
    status, said = calls.call("snooze", "pk", "data.warning", "--until", "now")
    assert (status, said) == (0, "pk: tells of data.warning again.\n")


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["nothing"], "is not [PLAN] KIND. Kinds are: data.warning, "),
        (["a", "b", "app.new"], "is not [PLAN] KIND"),
        (["pk", "monitor.blind"], "is of no plan: leave pk out"),
        (["none", "data.limit"], 'no plan "none"'),
        (["app.new", "--at", "10:00"], "--at and --id go with a plan"),
        (["app.new", "--until", "2020-01-01"], "is over"),
        (["app.new", "--until", "some day"], "is not understood"),
        (["app.new", "--until", "999999999999 weeks"], "more than a year away"),
        (["app.new", "--until", "9999-12-31"], "more than a year away"),
        ([], "Missing argument"),
    ],
)
def test_what_makes_no_sense_is_refused(
    calls: Calls, words: list[str], part: str
) -> None:
    status, said = calls.call("snooze", *words)
    assert status == 2
    assert part in said
    assert "Traceback" not in said
    assert calls.ends() == {}


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("tomorrow", 12),
        ("Tomorrow", 12),
        ("90 min", 1.5),
        ("18:00", 6),
        ("9:30", 21.5),
        ("12:00", 24),
        ("2025-06-03", 36),
        ("2025-06-01T12:00Z", 2),
    ],
)
def test_an_end_is_a_day_a_time_or_how_long(text: str, hours: float) -> None:
    wanted = datetime.fromtimestamp(NOON_S, ZONE) + timedelta(hours=hours)
    assert _until(text, ZONE, NOON_S) == wanted.timestamp()


def test_an_end_may_not_be_over() -> None:
    with pytest.raises(UsageError, match="is over"):
        _until("0 s", ZONE, NOON_S)


def test_the_list_says_what_is_snoozed(calls: Calls) -> None:
    calls.has("wwan")
    for words, state in (
        (["wwan", "data.warning"], "snoozed"),
        (["wwan", "data.warning", "--until", "now"], "holds"),
        (["wwan", "data.warning", "--until", "3 h"], "snoozed"),
    ):
        assert calls.call("snooze", *words)[0] == 0
        status, said = calls.call("--json")
        assert status == 0
        (alert,) = json.loads(said)["alerts"]
        assert alert["state"] == state
