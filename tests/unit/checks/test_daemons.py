"""Findings about who counts, and about the configuration."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from monitor import __version__
from monitor.checks import daemons, settings
from monitor.checks.daemons import Daemon, Daemons, Service, Stranger
from monitor.checks.settings import Settings
from tests.unit.checks.reading import ROOT, USER, levels, only

if TYPE_CHECKING:
    from monitor.checks.findings import Finding
    from monitor.checks.remedies import Remedies


SYSTEM = Daemon(
    pid=7,
    tier="ebpf",
    version=__version__,
    store="/var/lib/esimmon/usage.db",
    is_service=True,
)
UNIT = Path("/etc/systemd/system/esimmon.service")
INSTALLED = Service(
    unit=UNIT,
    is_enabled=True,
    runs=True,
    is_used=True,
    has_group=True,
    is_member=True,
    has_joined=True,
)


def of_daemons(remedies: Remedies = USER, **facts: Any) -> list[Finding]:  # noqa: ANN401 - any fact
    return list(daemons.judge(Daemons(**facts), remedies))


def test_a_service_that_counts_by_program_is_all_that_one_wants() -> None:
    found = of_daemons(answering=(SYSTEM,), service=INSTALLED)
    assert levels(found) == {}
    assert only(found, "daemon").text == (
        "Process 7 counts into /var/lib/esimmon/usage.db."
    )


def test_without_a_daemon_the_tier_is_what_this_user_would_have() -> None:
    found = of_daemons(attainable="interface")
    assert levels(found) == {"tier": "warn", "daemon": "warn"}
    assert {each.remedy for each in found} == {"sudo esimmon run"}
    found = of_daemons(ROOT, attainable="ebpf")
    assert levels(found) == {"daemon": "warn"}
    assert only(found, "daemon").remedy == "esimmon run"


def test_a_tier_that_this_version_does_not_know_is_shown_by_its_name() -> None:
    found = of_daemons(answering=(replace(SYSTEM, tier="between"),), service=INSTALLED)
    assert only(found, "tier").text == "The daemon has only the tier between."
    assert only(found, "tier").remedy == "sudo systemctl restart esimmon"


def test_a_daemon_that_lacks_capabilities_is_to_be_started_by_root() -> None:
    mine = replace(
        SYSTEM,
        is_service=False,
        tier="interface",
        store="/home/a b/usage.db",
        missing=("CAP_BPF", "CAP_PERFMON"),
    )
    found = only(of_daemons(answering=(mine,)), "tier")
    assert "it lacks CAP_BPF, CAP_PERFMON" in found.text
    assert found.remedy == (
        "sudo kill -INT 7 && sudo esimmon run --store '/home/a b/usage.db'"
    )


def test_two_daemons_are_named_with_what_they_write() -> None:
    other = replace(SYSTEM, pid=9, store="/tmp/try.db", is_service=False)  # noqa: S108 - only a name
    found = of_daemons(answering=(SYSTEM,), others=(other,), service=INSTALLED)
    assert levels(found) == {"two-daemons": "warn"}
    two = only(found, "two-daemons")
    assert "7 into /var/lib/esimmon/usage.db, 9 into /tmp/try.db" in two.text
    assert two.remedy == "sudo kill -INT 9"


def test_a_daemon_of_another_user_is_one_too_many() -> None:
    stranger = Stranger(9, Path("/run/user/1000/esimmon/esimmon.sock"))
    found = of_daemons(answering=(SYSTEM,), strangers=(stranger,), service=INSTALLED)
    assert levels(found) == {"two-daemons": "warn"}
    assert "9 at /run/user/1000/esimmon/esimmon.sock" in only(found, "two-daemons").text


def test_a_daemon_of_another_database_does_not_count_for_this_one() -> None:
    found = of_daemons(others=(SYSTEM,), store=Path("/tmp/try.db"))  # noqa: S108 - only a name
    nobody = only(found, "daemon")
    assert nobody.level == "warn"
    assert "process 7 does into /var/lib/esimmon/usage.db" in nobody.text
    assert nobody.remedy == "sudo esimmon run --store /tmp/try.db"


def test_a_daemon_of_another_version_is_said() -> None:
    old = replace(SYSTEM, version="0.0.9")
    found = of_daemons(answering=(old,), service=INSTALLED)
    assert levels(found) == {"daemon-version": "warn"}
    assert only(found, "daemon-version").remedy == "sudo systemctl restart esimmon"


def test_a_silent_daemon_is_an_error() -> None:
    found = of_daemons(silent=(Path("/run/esimmon/esimmon.sock"),), service=INSTALLED)
    assert levels(found)["daemon-silent"] == "error"
    assert "daemon" not in levels(found)


@pytest.mark.parametrize(
    ("changes", "level", "remedy"),
    [
        ({"runs": False}, "error", "sudo systemctl restart esimmon"),
        ({"is_enabled": False}, "note", "sudo systemctl enable esimmon"),
        (
            {"runs": False, "is_enabled": False},
            "warn",
            "sudo systemctl enable --now esimmon",
        ),
    ],
)
def test_a_service_that_does_not_run_is_a_finding(
    changes: dict[str, Any], level: str, remedy: str
) -> None:
    found = only(
        of_daemons(answering=(SYSTEM,), service=replace(INSTALLED, **changes)),
        "service",
    )
    assert (found.level, found.remedy) == (level, remedy)


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"has_group": False}, "sudo groupadd --system esimmon"),
        ({"is_member": False}, "sudo usermod -aG esimmon amina"),
        ({"has_joined": False}, "newgrp esimmon"),
    ],
)
def test_who_may_not_read_the_systems_figures_is_told_how(
    changes: dict[str, Any], remedy: str
) -> None:
    service = replace(INSTALLED, **changes)
    found = only(of_daemons(answering=(SYSTEM,), service=service), "group")
    assert (found.level, found.remedy) == ("note", remedy)


def test_without_anything_of_the_system_its_group_does_not_matter() -> None:
    assert "group" not in {each.id for each in of_daemons()}


def test_a_broken_configuration_is_an_error_with_its_message() -> None:
    broken = Settings(file=Path("/etc/esimmon/config.toml"), failure="line 3: no.")
    (found,) = settings.judge(broken, USER)
    assert (found.id, found.level, found.text) == ("config", "error", "line 3: no.")
    assert found.remedy == "sudoedit /etc/esimmon/config.toml"
    (mine,) = settings.judge(replace(broken, is_writable=True), USER)
    assert mine.remedy == '"${EDITOR:-vi}" /etc/esimmon/config.toml'


def test_without_a_plan_the_way_to_one_is_told() -> None:
    found = list(settings.judge(Settings(), USER))
    assert levels(found) == {"plans": "note"}
    assert only(found, "plans").remedy == "esimmon setup"
    assert levels(settings.judge(Settings(plans=1), USER)) == {}
