"""What the end-to-end tests share: a lab, and daemons that leave nothing behind."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.desktop.listener import listening
from tests.desktop.stack import desktop, session_bus
from tests.e2e.daemon import Esimmon
from tests.e2e.places import Mounts, Place, plain_user, readable_copy, root_in
from tests.e2e.truth import raw
from tests.e2e.wall import Wall
from tests.lab import Lab

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.desktop.listener import Listener
    from tests.desktop.stack import Bus, Desktop

    Make = Callable[[Place], Esimmon]

HERE = Path(__file__).parent
NEEDS = ("root", "ip", "nft", "nsenter", "unshare", "setpriv", "bpftool", "libbpf.so.1")

_QUIET_S = 1.5  # between the two reports that the kernel sends of a multicast group
_PATIENCE_S = 20


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say what all tests of this folder need; tests/conftest.py leaves out or fails."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.needs(*NEEDS))


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The network, when nothing moves on it any more."""
    with Lab() as made:
        wait_until_quiet(made)
        yield made


@pytest.fixture(scope="session")
def offload_lab() -> Iterator[Lab]:
    """The same with super-packets at both ends, as most machines have them."""
    with Lab(offload=True) as made:
        wait_until_quiet(made)
        yield made


@pytest.fixture(params=["lab", "offload_lab"])
def any_lab(request: pytest.FixtureRequest) -> Lab:
    """One network after the other."""
    found: Lab = request.getfixturevalue(request.param)
    return found


def wait_until_quiet(lab: Lab) -> None:
    """The kernel tells of its multicast groups for a while, in no test's bill."""
    started = since = time.monotonic()
    before = raw(lab.near)
    while time.monotonic() - since < _QUIET_S:
        assert time.monotonic() - started < _PATIENCE_S, "somebody talks in the lab"
        time.sleep(0.05)
        now = raw(lab.near)
        if now != before:
            before, since = now, time.monotonic()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every user may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory(
        prefix="esimmon-e2e-", ignore_cleanup_errors=True
    ) as name:
        made = Path(name)
        made.chmod(0o755)
        yield made


@pytest.fixture
def make(folder: Path) -> Iterator[Make]:
    """Make the program in a place; what it leaves is removed after the test."""
    made: list[Esimmon] = []

    def make_in(place: Place) -> Esimmon:
        home = folder / f"store-{len(made)}"
        home.mkdir(mode=0o755)
        os.chown(home, place.uid, -1)
        made.append(Esimmon(home, place))
        return made[-1]

    yield make_in
    for each in made:
        each.close()


@pytest.fixture
def root(lab: Lab) -> Place:
    """Root in the lab's near namespace."""
    return root_in(lab.near)


@pytest.fixture
def esimmon(make: Make, root: Place) -> Esimmon:
    """The program as root in the lab's near namespace."""
    return make(root)


@pytest.fixture
def user(lab: Lab, folder: Path) -> Iterator[Place]:
    """A plain user in the lab's near namespace."""
    with Mounts(*readable_copy(folder)) as mounts:
        yield plain_user(lab.near, folder, mounts)


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Desktop]:
    """Root's desktop."""
    with desktop(tmp_path) as stack:
        yield stack


@pytest.fixture
def heard(stack: Desktop) -> Iterator[Listener]:
    """All that crosses the bus of the desktop."""
    with listening(stack.environ) as listener:
        yield listener


@pytest.fixture
def wall(folder: Path) -> Wall:
    """Clocks that a test sets; synchronised."""
    made = Wall(folder)
    made.set(0, synchronised=True)
    return made


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[Bus]:
    """A session bus on which nobody shows anything yet."""
    with session_bus(tmp_path) as made:
        yield made
