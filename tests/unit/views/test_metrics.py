"""The figures for Prometheus are read back by its own library as they were."""

from __future__ import annotations

import http.client
import re
import socket
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families as parsed

from monitor.errors import ConfigError
from monitor.views.metrics import CONTENT_TYPE, as_text
from monitor.views.scraped import Scraped

if TYPE_CHECKING:
    from collections.abc import Iterator

PLAN = {
    "id": "home",
    "state": "ok",
    "used_bytes": (1 << 60) + 1,
    "limit_bytes": None,
    "cycle_end": "2026-12-01T00:00:00Z",
    "validity_end": None,
}


def document(network: str = "if:wlan0") -> dict[str, Any]:
    """A status file."""
    moved = {"rx_bytes": 7, "tx_bytes": 8, "rx_packets": 1, "tx_packets": 2}
    return {
        "at": "2026-11-25T17:00:00Z",
        "plans": [PLAN],
        "alerts": [{"kind": "data.limit"}, {"kind": "data.limit"}],
        "totals": [{"interface": "wlan0", "network": network, **moved}],
    }


def figures(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """What a reader finds."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in parsed(text)
        for sample in family.samples
    }


def test_a_reader_finds_each_figure_by_its_labels() -> None:
    found = figures(as_text(document()))
    where = (("interface", "wlan0"), ("network", "if:wlan0"))
    plan = (("plan", "home"),)
    assert found["esimmon_up", ()] == 1
    assert found["esimmon_network_receive_bytes_total", where] == 7
    assert found["esimmon_network_transmit_packets_total", where] == 2
    assert found["esimmon_plan_cycle_end_timestamp_seconds", plan] == 1_796_083_200
    assert found["esimmon_plan_info", (*plan, ("state", "ok"))] == 1
    assert found["esimmon_alerts", (("kind", "data.limit"),)] == 2
    assert ("esimmon_plan_limit_bytes", plan) not in found


def test_large_numbers_are_written_to_the_last_byte() -> None:
    assert 'esimmon_plan_used_bytes{plan="home"} 1152921504606846977\n' in as_text(
        document()
    )


def test_without_a_daemon_that_is_what_is_said() -> None:
    assert figures(as_text(None)) == {("esimmon_up", ()): 0}


def test_names_have_their_unit_and_counters_are_totals() -> None:
    for family in parsed(as_text(document())):
        assert re.fullmatch(r"esimmon_[a-z_]+", family.name)
        assert family.documentation.endswith(".")
        for sample in family.samples:
            assert (family.type == "counter") == sample.name.endswith("_total")


@given(st.text())
def test_a_hostile_name_stays_inside_its_label(name: str) -> None:
    hostile = name + '"\\\n}\udcff'
    text = as_text(document(hostile))
    assert len(figures(text)) == len(figures(as_text(document())))
    labels = [dict(key[1]) for key in figures(text)]
    shown = hostile.encode("utf-8", "backslashreplace").decode()
    assert any(each.get("network") == shown for each in labels)


@pytest.fixture
def port() -> Iterator[int]:
    """Where figures are given."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    with Scraped(f"127.0.0.1:{number}", lambda: as_text(document())) as scraped:
        scraped.start()
        yield scraped.port


def asked(port: int, path: str, host: str = "", method: str = "GET") -> tuple[int, str]:
    """What is answered."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    link.request(method, path, headers={"Host": host} if host else {})
    answer = link.getresponse()
    body = answer.read().decode()
    if answer.status == 200:
        assert answer.headers["Content-Type"] == CONTENT_TYPE
    link.close()
    return answer.status, body


def test_the_page_is_given_to_who_asks_this_machine_by_its_address(port: int) -> None:
    text = as_text(document())
    for host in ("", "localhost", "localhost:1", "127.0.0.1", "[::1]:9"):
        assert asked(port, "/metrics", host) == (200, text)
    assert asked(port, "/")[0] == 404
    assert asked(port, "/metrics", "evil.example")[0] == 403
    assert asked(port, "/metrics", method="POST")[0] == 501


def test_who_says_nothing_keeps_nobody_waiting_for_long(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)):
        assert asked(port, "/metrics")[0] == 200


def test_an_address_that_is_taken_is_said_so(port: int) -> None:
    with pytest.raises(ConfigError, match=r"\[metrics\] listen"):
        Scraped(f"127.0.0.1:{port}", str)
