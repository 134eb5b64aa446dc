"""The sockdiag tier: what a plain user without any capability gets.

Counts: TCP connections of this network namespace, by a look at all of them at each tick
    (INET_DIAG), and by the multicast that tells of the end of each. Not UDP: no socket
    of it counts bytes.
Unit: IP bytes and packets, estimated from payload and segments.
Error: packets exact, bytes equal to the wire's in quiet conversations and never above
    (IPv4 and IPv6, up and down). Below it by 12 bytes and more for each acknowledgement
    with SACK blocks, and by payload that came twice: 0 to 0.05 % of a direction with
    data, up to 1 % of one of acknowledgements, on a busy virtual link. With offload a
    retransmission can cost more: once 1.2 % of 5 MB, and 6.5 % of its acknowledgements.
    TIME_WAIT as in the eBPF tier.
Width and restart: rows count from zero with this process; what connections had moved
    before it began belongs to the time before.
Scope: this network namespace; loopback is left out. Owners: one's own processes; of
    others the cgroup and the user. A connection that begins and ends between two looks
    has no owner: the event of its end carries neither user, inode nor cgroup.
Privilege: none.
Cost: a look with 500 connections of one's own among 130 processes 16 ms of CPU, the one
    that sees them first 25 ms, one without any 1 ms; an end less than 0.1 ms (2 busy
    CPUs). Memory 1.4 MB with those 500.
Since: Linux 4.19; 5.8 says the cgroup. Run on 6.18.

Reading order: messages (what the kernel says), ledger (each byte once), holders and
owners (whose), places (which device), source (the parts together).
"""

from monitor.collectors.sockdiag.source import SockDiag, is_instance

__all__ = ["SockDiag", "is_instance"]
