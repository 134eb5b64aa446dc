"""TCP that loses packets, ends in uncommon ways, or is only kept alive; ICMP errors."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from tests.kernel.account import NOTHING, plus, turned
from tests.lab import Both
from tests.load import next_line
from tests.namespaces import ENDINGS, run
from tests.wire import Way

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.kernel.account import Account
    from tests.lab import Lab

    Measure = Callable[[Lab], Account]

FAMILIES = pytest.mark.parametrize("family", ["4", "6"])
LAST = {"4": Both(Way(52, 1), Way(52, 1)), "6": Both(Way(72, 1), Way(72, 1))}
"""The last FIN and its ACK, which find no full socket any more."""
_LOSS = """
table inet loss {
  chain forward {
    type filter hook forward priority 0; policy accept;
    meta l4proto tcp numgen inc mod 40 == 3 drop
  }
}
"""


@contextlib.contextmanager
def loss(lab: Lab) -> Iterator[None]:
    """Every fortieth packet is lost behind the wire (up), or before it (down)."""
    nft = ("ip", "netns", "exec", lab.right.name, "nft")
    run(*nft, "-f", "-", text=_LOSS)
    yield
    run(*nft, "delete", "table", "inet", "loss")


@FAMILIES
def test_what_is_sent_again_or_comes_out_of_order_equals_the_wire(
    any_lab: Lab, measure: Measure, family: str
) -> None:
    account = measure(any_lab)
    host = any_lab.address[f"far{family}"]
    server = any_lab.far.traffic("serve", host, 7901)
    next_line(server)
    with loss(any_lab):
        client = any_lab.near.traffic("transfer", host, 7901, 300_000, 300_000)
        assert (client.wait(), server.wait()) == (0, 0)

    assert account.process(any_lab.near, client.pid) == account.wire()


@FAMILIES
def test_what_the_kernel_sends_after_a_process_has_ended_is_still_the_process_s(
    any_lab: Lab, measure: Measure, family: str
) -> None:
    account = measure(any_lab)
    host = any_lab.address[f"far{family}"]
    server = any_lab.far.script(ENDINGS, "serve_slowly", host, 7902)
    next_line(server)
    client = any_lab.near.script(ENDINGS, "leave_early", host, 7902, 1_000_000)
    assert (client.wait(), server.wait()) == (0, 0)

    wire = account.wire()
    assert wire.tx.bytes > 1_000_000
    assert plus(account.process(any_lab.near, client.pid), LAST[family]) == wire
    assert account.process(any_lab.far, server.pid) == turned(wire)


@FAMILIES
def test_a_reset_belongs_to_both_ends(lab: Lab, measure: Measure, family: str) -> None:
    account = measure(lab)
    host = lab.address[f"far{family}"]
    server = lab.far.script(ENDINGS, "serve_slowly", host, 7903)
    next_line(server)
    client = lab.near.script(ENDINGS, "reset", host, 7903, 10_000)
    assert (client.wait(), server.wait()) == (0, 0)

    assert account.process(lab.near, client.pid) == account.wire()
    assert account.process(lab.far, server.pid) == turned(account.wire())


def test_a_connection_that_is_kept_alive_pays_for_it(
    lab: Lab, measure: Measure
) -> None:
    account = measure(lab)
    host = lab.address["far4"]
    server = lab.far.script(ENDINGS, "serve_slowly", host, 7904)
    next_line(server)
    client = lab.near.script(ENDINGS, "keep_alive", host, 7904, "1.5")
    assert (client.wait(), server.wait()) == (0, 0)

    wire = account.wire()
    assert wire.tx.packets == 4  # SYN, ACK, one question, RST
    assert account.process(lab.near, client.pid) == wire
    assert account.process(lab.far, server.pid) == turned(wire)


@FAMILIES
def test_icmp_errors_have_no_owner_at_either_end(
    lab: Lab, measure: Measure, family: str
) -> None:
    account = measure(lab)
    host = lab.address[f"far{family}"]
    client = lab.near.datagrams("send", host, 7905, 100, 1)  # nobody is there
    assert client.wait() == 0

    wire = account.wire()
    # The error quotes the whole packet behind headers of its own.
    assert (
        wire
        == {
            "4": Both(Way(20 + 8 + 128, 1), Way(128, 1)),
            "6": Both(Way(40 + 8 + 148, 1), Way(148, 1)),
        }[family]
    )
    assert account.process(lab.near, client.pid) == Both(Way(0, 0), wire.tx)
    assert account.side(lab.far) == NOTHING
