"""What every test can rely on: its needs are met or named; the home is not touched."""

from __future__ import annotations

import os
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.packages import lacking

if TYPE_CHECKING:
    from pathlib import Path

# A busy machine is no failure: no example has a deadline.
settings.register_profile(
    "patient", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("patient")

LEFT_OUT = pytest.StashKey[dict[str, list[str]]]()


def pytest_configure(config: pytest.Config) -> None:
    """Make room for the tests that are left out."""
    left_out: dict[str, list[str]] = defaultdict(list)
    config.stash[LEFT_OUT] = left_out


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave out what cannot run here; in CI nothing may be left out."""
    strict = os.environ.get("ESIMMON_TEST_STRICT") == "1"
    for item in items:
        needs = [need for mark in item.iter_markers("needs") for need in mark.args]
        missing = ", ".join(lacking(*needs))
        if missing and strict:
            pytest.exit(f"{item.nodeid} cannot run here: it needs {missing}", 1)
        if missing:
            item.add_marker(pytest.mark.skip(reason=f"needs {missing}"))
            config.stash[LEFT_OUT][missing].append(item.nodeid)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Name each test left out, and what it lacked."""
    for missing, names in sorted(config.stash[LEFT_OUT].items()):
        terminalreporter.section(f"left out: needs {missing}")
        for name in names:
            terminalreporter.line(name)


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's files, nor the system's configuration."""
    for variable in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
        folder = tmp_path / variable.lower()
        folder.mkdir(mode=0o700)
        monkeypatch.setenv(variable, str(folder))
    for variable in ("ESIMMON_CONFIG", "NOTIFY_SOCKET", "WATCHDOG_USEC", "NO_COLOR"):
        monkeypatch.delenv(variable, raising=False)
