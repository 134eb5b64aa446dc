"""What is written is marked, so that what was changed by hand since is told apart.

The mark is the first line, a comment with the digest of all that follows: no list of
files is kept elsewhere, which could get lost or lie.
"""

from __future__ import annotations

import hashlib
import os
from enum import Enum
from typing import TYPE_CHECKING, Final

from monitor.errors import ServiceError

if TYPE_CHECKING:
    from pathlib import Path

_MARK: Final = "# Written by `esimmon service install`; sha256 of what follows: "
_LARGEST_BYTES: Final = 1_000_000
# The unit as it was before this command: its README told people to copy it by hand.
_COPIED: Final = (
    "84652ae1d1b5131204fe277c4da0d382285ba8a9b65798f79b9e92af4d05b2d1",
    "ff385d012495f2b91d147f61075651234d505e00f5f06990bbdf2fd4989c3c75",
)


class State(Enum):
    """What is in a file's place."""

    ABSENT = "absent"
    AS_WANTED = "as wanted"
    INTACT = "as it was written"
    CHANGED = "changed by hand"


def marked(text: str) -> str:
    """A file's text with its mark.

    Args:
        text: comments begin with `#` in it.
    """
    return f"{_MARK}{_digest(text.encode())}\n{text}"


def judge(path: Path, wanted: str = "", shipped: str = "") -> State:
    """What is in the place of a file.

    Args:
        path: it need not exist.
        wanted: what would be written there, with its mark.
        shipped: the file without a mark, as a person may copy it by hand.

    Raises:
        ServiceError: it cannot be read.
    """
    if not os.path.lexists(path):
        return State.ABSENT
    if path.is_symlink() or not path.is_file():
        return State.CHANGED
    try:
        with path.open("rb") as file:
            found = file.read(_LARGEST_BYTES)
    except OSError as error:
        raise ServiceError(f"{path}: cannot be read: {error.strerror}.") from error
    if wanted and found == wanted.encode():
        return State.AS_WANTED
    first, _, rest = found.partition(b"\n")
    is_intact = first == f"{_MARK}{_digest(rest)}".encode()
    is_copy = _digest(found) in (_digest(shipped.encode()), *_COPIED)
    return State.INTACT if is_intact or is_copy else State.CHANGED


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
