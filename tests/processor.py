"""A processor for the programs of a test alone.

What a queue holds back leaves by a timer, in the context of whoever runs on that
processor just then. Some kernels run no tracing programs in the context of processes
that they protect (the agent of a sandbox, for example): a packet of the test could
leave unseen in theirs. So nobody else may run there.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.load import next_line

if TYPE_CHECKING:
    from collections.abc import Iterator

_HOLD = """
import os
print("here", flush=True)
while True:
    os.sched_yield()
"""


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Be on one processor with what is started meanwhile, before everybody else.

    For less than a second: after 0.95 the kernel lets others in, too.
    """
    processors = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(processors)})
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    try:
        command = [sys.executable, "-S", "-E", "-c", _HOLD]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
            try:
                next_line(holder)  # it runs whenever all others of us wait
                yield
            finally:
                holder.kill()
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        os.sched_setaffinity(0, processors)
