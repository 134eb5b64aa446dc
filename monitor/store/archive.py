"""A backup as one file: a tar of the database, the plans and the configuration.

Plain, so that anybody can look into it (`tar -tf`), and nothing in it is larger than it
is. The first member says what follows, with the sums of it; what comes from such a file
is checked against them, and against where it may go.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, NamedTuple, cast

from monitor.errors import StoreError
from monitor.store.tars import NotAFileError, is_plain, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Show = Callable[[int, int], None]

DATABASE: Final = "usage.db"
CONFIG: Final = "config.toml"
PLANS: Final = "plans.d/"

_CONTENTS: Final = "contents.json"
_KIND: Final = "esimmon backup"
_VERSION: Final = 1
_PLAN: Final = re.compile(re.escape(PLANS) + r"[a-z0-9-]{1,40}\.toml")
_MOST_FILES: Final = 300
_MOST_TEXT_BYTES: Final = 1_000_000
_CHUNK_BYTES: Final = 1 << 20
_MODE: Final = 0o600
_SUM: Final = re.compile("[0-9a-f]{64}")
_MACHINE_ID: Final = Path("/etc/machine-id")


class About(NamedTuple):
    """What a backup says of itself.

    Attributes:
        made_s: UTC second.
        program: version of esimmon.
        machine: which one made it, as `machine_name` says.
    """

    made_s: int
    program: str
    machine: str


class Backup(NamedTuple):
    """What was in a backup, beside the database.

    Attributes:
        about: what it says of itself.
        texts: the other files, by name.
    """

    about: About
    texts: Mapping[str, str]


def machine_name(machine_id: Path = _MACHINE_ID) -> str:
    """What tells this machine from others, without its id; empty where it has none."""
    try:
        found = machine_id.read_bytes().strip()
    except OSError:
        return ""
    return _sum(_KIND.encode() + found) if found else ""


class _Part(NamedTuple):
    size_bytes: int
    sha256: str


def write(
    target: Path, about: About, database: Path, texts: Mapping[str, str], show: Show
) -> None:
    """Write a backup.

    Args:
        target: an empty file.
        about: what it says of itself.
        database: a copy that nobody uses.
        texts: the other files, by name.
        show: called now and then with how many bytes are done, and of how many.

    Raises:
        OSError: it cannot be written.
    """
    encoded = {name: text.encode() for name, text in texts.items()}
    parts = {name: _Part(len(body), _sum(body)) for name, body in encoded.items()}
    parts[DATABASE] = _part_of(database)
    total = 2 * parts[DATABASE].size_bytes
    contents = {
        "kind": _KIND,
        "version": _VERSION,
        **about._asdict(),
        "files": {name: part._asdict() for name, part in parts.items()},
    }
    # It says who made the file and when: that is restored as well.
    contents["sha256"] = _sum_of(contents)
    listed = json.dumps(contents, indent=1).encode() + b"\n"
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as tar:
        for name, body in {_CONTENTS: listed, **encoded}.items():
            tar.addfile(_member(name, len(body), about.made_s), io.BytesIO(body))
        size_bytes = parts[DATABASE].size_bytes
        with database.open("rb") as file:
            counted = cast("IO[bytes]", _Counted(file, size_bytes, total, show))
            tar.addfile(_member(DATABASE, size_bytes, about.made_s), counted)


class _Counted:
    """A file that says how much of it was read."""

    def __init__(self, file: IO[bytes], before: int, total: int, show: Show) -> None:
        self._file, self._done, self._total, self._show = file, before, total, show

    def read(self, size: int = -1) -> bytes:
        chunk = self._file.read(size)
        self._done += len(chunk)
        self._show(self._done, self._total)
        return chunk


def is_archive(path: Path) -> bool:
    """Whether a file begins like a tar.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return file.read(512)[257:262] == b"ustar"


def read(path: Path, database: Path | None, show: Show) -> Backup:
    """Take a backup apart; nothing of it is believed that was not checked.

    Args:
        path: the backup.
        database: where its database is put; None to look at the rest only.
        show: called now and then with how many bytes are done, and of how many.

    Returns:
        What it says of itself, and its texts.

    Raises:
        StoreError: it is none, or damaged, or from a later version.
        OSError: a file cannot be read or written.
    """
    try:
        return _taken_apart(path, database, show)
    except NotAFileError as error:
        raise _foreign(path) from error


def _taken_apart(path: Path, database: Path | None, show: Show) -> Backup:
    texts = {}
    with opened(path, _damaged) as tar:
        about, parts = _contents(path, tar)
        while member := tar.next():
            part = parts.pop(member.name, None)
            source = _source(tar, member, part)
            if part is None or source is None:
                raise _damaged(path, f"{member.name!r} is not what it should be")
            if member.name != DATABASE:
                texts[member.name] = _text(path, member.name, source, part)
            elif database is not None:
                _take_out(path, source, database, (part, show))
            else:
                parts.clear()
                break
    if parts:
        raise _damaged(path, f"{min(parts)} is missing")
    return Backup(about, texts)


def _source(
    tar: tarfile.TarFile, member: tarfile.TarInfo, part: _Part | None
) -> IO[bytes] | None:
    """A member to read from; None where it is not what was said of it."""
    if part is None or not is_plain(member) or member.size != part.size_bytes:
        return None
    return tar.extractfile(member)


def _contents(path: Path, tar: tarfile.TarFile) -> tuple[About, dict[str, _Part]]:
    """The first member: what follows."""
    first = tar.next()
    if first is None or first.name != _CONTENTS or not is_plain(first):
        raise _foreign(path)
    source = tar.extractfile(first)
    if source is None or first.size > _MOST_TEXT_BYTES:
        raise _foreign(path)
    try:
        said = json.loads(source.read())
        if said["kind"] != _KIND:
            raise _foreign(path)
        if said["version"] != _VERSION:
            raise StoreError(
                f"{path}: a later version of esimmon made this backup; install that "
                "version, then restore.",
                reason="newer",
            )
        if said.pop("sha256") != _sum_of(said):
            raise _damaged(path, "the sum of its list of contents is wrong")
        about = About(
            _whole(said["made_s"]), _word(said["program"]), _word(said["machine"])
        )
        parts = {name: _checked(name, part) for name, part in said["files"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(path, "its list of contents makes no sense") from error
    if DATABASE not in parts or len(parts) > _MOST_FILES:
        raise _damaged(path, "its list of contents makes no sense")
    return about, parts


def _checked(name: str, said: Mapping[str, object]) -> _Part:
    """An entry of the list; ValueError where it must not be."""
    part = _Part(_whole(said["size_bytes"]), _word(said["sha256"]))
    is_known = name in (DATABASE, CONFIG) or _PLAN.fullmatch(name)
    is_small = name == DATABASE or part.size_bytes <= _MOST_TEXT_BYTES
    if not (is_known and is_small and _SUM.fullmatch(part.sha256)):
        raise ValueError(name)
    return part


def _whole(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 60:
        raise ValueError(value)
    return value


def _word(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[\w.+-]{0,100}", value):
        raise ValueError(value)
    return value


def _take_out(
    path: Path, source: IO[bytes], database: Path, part_and_show: tuple[_Part, Show]
) -> None:
    part, show = part_and_show
    digest, done = hashlib.sha256(), 0
    with database.open("wb") as target:
        while chunk := source.read(_CHUNK_BYTES):
            target.write(chunk)
            digest.update(chunk)
            done += len(chunk)
            show(done, part.size_bytes)
    if digest.hexdigest() != part.sha256:
        raise _damaged(path, "the sum of its database is wrong")


def _text(path: Path, name: str, source: IO[bytes], part: _Part) -> str:
    body = source.read()
    if _sum(body) != part.sha256:
        raise _damaged(path, f"the sum of {name} is wrong")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise _damaged(path, f"{name} is no text") from error


def _part_of(path: Path) -> _Part:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return _Part(path.stat().st_size, digest)


def _sum(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _sum_of(contents: Mapping[str, object]) -> str:
    """Of a list of contents, however it is spaced."""
    return _sum(json.dumps(contents).encode())


def _member(name: str, size_bytes: int, made_s: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = size_bytes, made_s, _MODE
    return member


def _foreign(path: Path) -> StoreError:
    return StoreError(f"{path}: this is no backup of esimmon.", reason="refused")


def _damaged(path: Path, why: str) -> StoreError:
    return StoreError(
        f"{path}: this backup is damaged ({why}); nothing was restored. Try another.",
        reason="damaged",
    )
