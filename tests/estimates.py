"""How good an estimate of TCP's bytes on the wire must be: that of the tier sockdiag.

Packets are exact, and bytes never above the wire. What the kernel does not tell is
missing: SACK blocks (12 bytes and more), and payload that came twice; both happen on
virtual links when the machine is busy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

    from tests.lab import Both, Lab
    from tests.wire import Way

SHORT = 0.02
"""Of the wire; nearly all of it in acknowledgements, which are small."""
_SEGMENT = 1500


def is_estimate(estimate: Both, wire: Both, again: int = 0) -> bool:
    """Whether an estimate is as good as it is said to be.

    Args:
        estimate: of all packets of some connections.
        wire: what they were.
        again: segments that TCP sent twice meanwhile: what has come before is not
            counted by the connection that it comes to.
    """
    return all(_is_near(*ways, again) for ways in zip(estimate, wire, strict=True))


def _is_near(estimate: Way, wire: Way, again: int) -> bool:
    least = wire.bytes * (1 - SHORT) - again * _SEGMENT
    is_near = least <= estimate.bytes <= wire.bytes
    return is_near and estimate.packets == wire.packets


def let_go(lab: Lab, client: subprocess.Popen[str]) -> None:
    """Let a client that waits (`transfer_later`) do its work, and end.

    Args:
        lab: where.
        client: the process.
    """
    client.communicate("go\n")
    assert client.returncode == 0
    lab.wire()
