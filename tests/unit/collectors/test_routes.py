"""Which devices carry a default route, from files captured on Linux 6.1 and 6.18."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.collectors import routes
from monitor.errors import SourceError

PATH = Path("/proc/self/net/route")
HEADER = (
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow"
    "\tIRTT\n"
)
DEFAULT = "wwan0\t00000000\t0101A8C0\t0003\t0\t0\t700\t00000000\t0\t0\t0\n"
LOCAL = "eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n"
HALF = "tun0\t00000000\t00000000\t0001\t0\t0\t0\t00000080\t0\t0\t0\n"
DOWN = "eth1\t00000000\t00000000\t0000\t0\t0\t0\t00000000\t0\t0\t0\n"
ZERO = "0" * 32
V6_DEFAULT = f"{ZERO} 00 {ZERO} 00 fe80{ZERO[4:]} 00000400 1 0 00000003    wlan0\n"
V6_REJECT = f"{ZERO} 00 {ZERO} 00 {ZERO} ffffffff 00000001 0 00200200       lo\n"


def test_only_an_up_route_to_everywhere_is_a_default_route() -> None:
    """Not a subnet, not half of the address space, not a route that is down."""
    assert routes.parse_v4(HEADER + DEFAULT + LOCAL + HALF + DOWN, PATH) == {"wwan0"}


@pytest.mark.parametrize("name", ["a\x1cb", "a\x1db", "a\x85b", "a\u2028b", "\xe4"])
def test_a_name_with_what_python_takes_for_a_blank_is_a_name(
    name: str, tmp_path: Path
) -> None:
    """The kernel forbids its own blanks in names of devices, not all of Unicode's."""
    (tmp_path / "route").write_text(HEADER + DEFAULT.replace("wwan0", name))
    (tmp_path / "ipv6_route").write_text(V6_DEFAULT.replace("wlan0", f"{name}6"))
    assert routes.collect(tmp_path) == {name, f"{name}6"}


def test_the_kernels_own_ipv6_reject_route_is_none() -> None:
    """It is there on every machine, on lo."""
    assert routes.parse_v6(V6_DEFAULT + V6_REJECT, PATH) == {"wlan0"}


@pytest.mark.parametrize(
    "parse",
    [routes.parse_v4, lambda text, path: routes.parse_v6(text[len(HEADER) :], path)],
)
def test_a_short_line_is_reported_with_its_text(parse: object) -> None:
    """And with the file it is from."""
    assert callable(parse)
    with pytest.raises(SourceError, match=r"route: 2 columns in 'eth0 1'"):
        parse(HEADER + "eth0 1", PATH)


def test_a_kernel_without_ipv6_has_one_file_less(tmp_path: Path) -> None:
    """That is no fault."""
    (tmp_path / "route").write_text(HEADER + DEFAULT, encoding="ascii")
    assert routes.collect(tmp_path) == {"wwan0"}


def test_numbers_that_are_none_are_a_source_error(tmp_path: Path) -> None:
    """With the file's name."""
    (tmp_path / "route").write_text(HEADER + DEFAULT.replace("0003", "zz"))
    with pytest.raises(SourceError, match=str(tmp_path)):
        routes.collect(tmp_path)


def test_this_machines_routes_can_be_read() -> None:
    """Whatever they are."""
    assert isinstance(routes.collect(), frozenset)


@given(st.text(st.characters(codec="ascii")))
def test_any_text_gives_names_or_an_error(text: str) -> None:
    """`collect` turns a ValueError into a source error."""
    try:
        routes.parse_v4(text, PATH)
        routes.parse_v6(text, PATH)
    except (SourceError, ValueError):
        pass
