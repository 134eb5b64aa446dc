"""Programs are found by trying: from all of them down to the required ones."""

from __future__ import annotations

import pytest

from monitor.collectors.bpf import features

ALL = frozenset(features.FEATURES)
DEBIAN_12 = frozenset({"functions", "task_file"})


class Kernel:
    """A kernel that takes some features; what it was asked to load, and still holds."""

    def __init__(self, takes: frozenset[str] | None) -> None:
        self.takes = takes
        self.tried: list[frozenset[str]] = []
        self.held: list[frozenset[str]] = []

    def load(self, wanted: frozenset[str]) -> frozenset[str]:
        """Take it or refuse."""
        self.tried.append(wanted)
        if self.takes is None or not wanted <= self.takes:
            raise OSError(22, "refused")
        self.held.append(wanted)
        return wanted

    def choose(self) -> frozenset[str]:
        """Choose for this kernel."""
        return features.choose(self.load, self.held.remove, ALL)


@pytest.mark.parametrize(
    ("takes", "chosen"),
    [
        (ALL, ALL - {"functions"}),
        (ALL - {"functions"}, ALL - {"functions"}),
        (DEBIAN_12, DEBIAN_12),
        (frozenset({"task_file"}), frozenset({"task_file"})),
        (frozenset(), frozenset()),
    ],
)
def test_a_kernel_gets_all_that_it_takes_and_nothing_twice(
    takes: frozenset[str], chosen: frozenset[str]
) -> None:
    kernel = Kernel(takes)

    assert kernel.choose() == chosen
    assert kernel.held == [chosen]


def test_a_recent_kernel_is_asked_once() -> None:
    kernel = Kernel(ALL)
    kernel.choose()

    assert len(kernel.tried) == 1


def test_a_kernel_that_takes_nothing_is_an_error() -> None:
    with pytest.raises(OSError, match="refused"):
        Kernel(None).choose()


def test_a_bit_mask_tells_the_features_again() -> None:
    for one in (ALL, DEBIAN_12, frozenset[str]()):
        assert features.unpack(features.pack(one)) == one


def test_hooks_have_names_for_people() -> None:
    names = features.hook_names(frozenset({"tracepoints", "netns_cookie"}))

    assert names == ("cgroup", "sock_send_length", "sock_recv_length", "netns_cookie")
