"""What the tests of networks share: a machine with services of its own."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.daemon import SLOW, Esimmon
from tests.e2e.places import root_in
from tests.networks.eyes import Eyes
from tests.networks.machine import MODEM_MANAGER, NEEDS, NETWORK_MANAGER
from tests.networks.stage import ELSEWHERE, INTERNET, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
CONFIG = f"""{SLOW}
[interfaces]
include = ["cable*", "wwan*"]
"""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say what all tests of this folder need; tests/conftest.py leaves out or fails."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.needs(*NEEDS))


@pytest.fixture
def bare() -> Iterator[Stage]:
    """A machine on whose bus nobody is."""
    with Stage() as made:
        yield made


@pytest.fixture
def stage(bare: Stage) -> Stage:
    """A machine with NetworkManager and ModemManager."""
    bare.start(NETWORK_MANAGER, MODEM_MANAGER)
    return bare


@pytest.fixture
def eyes(bare: Stage) -> Iterator[Eyes]:
    """What is seen of the machine, from before its services start."""
    with Eyes(bare.address) as made:
        yield made


@pytest.fixture
def esimmon(bare: Stage) -> Iterator[Esimmon]:
    """The program on the machine."""
    place = root_in(bare.near).given(DBUS_SYSTEM_BUS_ADDRESS=bare.address)
    with tempfile.TemporaryDirectory(
        prefix="esimmon-real-", ignore_cleanup_errors=True
    ) as name:
        made = Esimmon(Path(name), place)
        made.configure(CONFIG)
        bare.far.ip(*(f"addr add {host}/32 dev lo" for host in (INTERNET, ELSEWHERE)))
        yield made
        made.close()
