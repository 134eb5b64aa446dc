"""Reading a tar of plain files that anybody may have made."""

from __future__ import annotations

import tarfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_MOST_ATTRIBUTES_BYTES: Final = 4096
_BROKEN: Final = (
    *(tarfile.TarError, EOFError, ValueError, OverflowError, RecursionError),
)


class NotAFileError(Exception):
    """Something that is no plain file is in a tar."""


class _Header(tarfile.TarInfo):
    """A header of a member; of a file, or of none.

    tarfile takes names and attributes of members into memory, as long as a header says
    they are, and follows one such header after the other as deep as they go.
    """

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        found = super().frombuf(buf, encoding, errors)
        # A file of 8 GB and more has its size in attributes.
        is_short = found.size <= _MOST_ATTRIBUTES_BYTES
        if found.type == tarfile.REGTYPE or (
            found.type == tarfile.XHDTYPE and is_short
        ):
            return found
        raise NotAFileError(found.name)


@contextmanager
def opened(
    path: Path, damaged: Callable[[Path, str], Exception]
) -> Iterator[tarfile.TarFile]:
    """Open such a file.

    Args:
        path: of it.
        damaged: makes the error of it and why.

    Yields:
        It; whatever is broken of it while it is read is that error.

    Raises:
        NotAFileError: something else than files is in it.
        OSError: it cannot be read.
    """
    try:
        with tarfile.open(path, "r:", tarinfo=_Header) as tar:
            yield tar
    except _BROKEN as error:
        raise damaged(path, str(error)) from error


def is_plain(member: tarfile.TarInfo) -> bool:
    """Whether it is a file whose size in the tar is its size.

    Args:
        member: of such a file.
    """
    return member.type == tarfile.REGTYPE and member.sparse is None
