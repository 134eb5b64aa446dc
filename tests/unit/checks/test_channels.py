"""Findings about who is told of alerts, and what came of that."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from monitor.checks import channels
from monitor.checks.channels import Channels, Listening
from monitor.checks.probes import channels as probe
from monitor.config import Config, parse_config
from monitor.store.alerts import AlertRow
from monitor.store.batch import Batch
from tests.alerting import JUNE_S, raised
from tests.unit.checks.reading import USER, UTC, levels, only
from tests.unit.store.builders import T0, writing

if TYPE_CHECKING:
    from monitor.checks.findings import Finding

ADDRESSES = Path("/home/amina/push addresses")
LOGGED = AlertRow(1, raised(), None, None, ("journal",), {}, {"journal": JUNE_S})
SHOWN = replace(LOGGED, told_s=JUNE_S + 9, told_at={"agent": JUNE_S + 9})
FAILED = replace(LOGGED, failures={"agent": "the desktop hangs"})
SENT = replace(LOGGED, told_at={"journal": JUNE_S, "push": JUNE_S + 60})
UNSENT = replace(
    LOGGED,
    failures={"push": "not taken by ntfy (line 2)"},
    failed_at={"push": JUNE_S + 120},
)
BOTH = Listening(agents=1, relays=1)


def judged(**facts: Any) -> list[Finding]:  # noqa: ANN401 - as `Channels` has them
    """What follows from these facts."""
    rows = facts.pop("rows", ())
    facts = {"for_desktops": rows, "for_phones": rows} | facts
    return list(channels.judge(Channels(**facts), UTC, USER))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, {}),
        ({"listening": BOTH, "addresses": ADDRESSES}, {}),
        ({"listening": Listening()}, {"agents": "note"}),
        ({"listening": Listening(), "rows": [SHOWN, LOGGED]}, {"agents": "warn"}),
        ({"listening": Listening(agents=2), "rows": [LOGGED]}, {}),
        ({"listening": BOTH, "rows": [SHOWN, FAILED]}, {"agents": "warn"}),
        ({"listening": BOTH, "rows": [FAILED, SHOWN]}, {}),
        ({"rows": [LOGGED]}, {"agents": "warn"}),
        ({"rows": [LOGGED, SENT]}, {}),
        ({"addresses": ADDRESSES, "has_apprise": False}, {"relay": "warn"}),
        (
            {"addresses": ADDRESSES, "has_apprise": False, "is_systems": True},
            {},
        ),
        ({"addresses": ADDRESSES, "flaw": "no address"}, {"relay": "warn"}),
        (
            {"addresses": ADDRESSES, "listening": Listening(agents=1)},
            {"relay": "warn"},
        ),
        ({"listening": BOTH, "rows": [SENT, UNSENT]}, {"push": "warn"}),
        ({"listening": BOTH, "rows": [UNSENT, SENT]}, {}),
    ],
)
def test_what_is_amiss_is_said(facts: dict[str, Any], expected: dict[str, str]) -> None:
    assert levels(judged(**facts)) == expected


def test_failures_say_since_when_how_many_and_why() -> None:
    found = only(judged(listening=BOTH, rows=[SENT, UNSENT, LOGGED, UNSENT]), "push")
    assert found.text == (
        "The last 2 alerts were not sent, since 1 Jun 00:02: not taken by ntfy "
        "(line 2)."
    )
    assert found.remedy == "esimmon relay --test"


def test_that_nobody_was_shown_anything_says_since_when() -> None:
    found = only(judged(listening=Listening(), rows=[SHOWN, LOGGED, LOGGED]), "agents")
    assert found.text == (
        "Nobody was shown anything since 1 Jun 00:00: 2 alerts are in the log and the "
        "list alone; no agent is connected."
    )
    assert found.remedy == "esimmon notify"


def test_a_file_that_others_may_read_is_closed_by_the_remedy() -> None:
    flaw = f"{ADDRESSES}: others may read it, and addresses hold passwords"
    found = only(judged(addresses=ADDRESSES, flaw=flaw), "relay")
    assert found.remedy == f"chmod 600 '{ADDRESSES}'"


def test_a_machine_is_looked_at_without_sending_anything(tmp_path: Path) -> None:
    store, addresses = tmp_path / "usage.db", tmp_path / "push"
    with writing(store) as (_, writer):
        writer.flush(Batch(alerts=[raised(at_s=T0)]), T0, trusted=True)
    quiet = f'[push]\naddresses = "{addresses}"\n[[alerts.rule]]\nkinds = ["*"]\n'
    config = parse_config(quiet + 'channels = ["push"]\n', "config.toml")

    def seen(config: Config) -> Channels:
        return probe.look(store, [tmp_path / "none.sock"], config, {})

    assert "cannot be read" in seen(config).flaw
    addresses.write_text("json://127.0.0.1:1/\n", encoding="utf-8")
    addresses.chmod(0o640)
    assert "others may read it" in seen(config).flaw
    addresses.chmod(0o600)
    assert seen(config).flaw == ""
    assert seen(config).addresses == addresses
    assert seen(config).listening is None
    assert seen(Config()).addresses is None
    missing = probe.look(tmp_path / "no.db", [], config, {})
    assert list(missing.for_phones) == []
