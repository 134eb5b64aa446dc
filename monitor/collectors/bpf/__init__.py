"""The eBPF tier: every IP byte of every process, exact on the wire.

usage.bpf.c and the headers it includes are the program, usage.bpf.o the object that
build.py made of it. Reading order of the rest: opening (adopt, replace or load),
loading and features (which programs a kernel takes), attaching, keeping with pins and
fdstore (what outlives the process), program (reading it), records and maps (layouts,
access), libbpf.
"""

from monitor.collectors.bpf.opening import Final, Opened, Surroundings, open_program
from monitor.collectors.bpf.program import Program
from monitor.collectors.bpf.records import Health

__all__ = ["Final", "Health", "Opened", "Program", "Surroundings", "open_program"]
