"""A TOML file into `Config` or one plan, or one sentence that says what is wrong."""

from __future__ import annotations

import os
import stat
import tomllib
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from monitor.config.decoding import decode
from monitor.config.plan_checks import first_fault
from monitor.config.plans import PlanTable
from monitor.config.settings import Config, out_of_limits
from monitor.config.shorthand import written_out
from monitor.config.writing import settings
from monitor.errors import ConfigError
from monitor.zones import local_zone

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.config.plan_checks import Fault
    from monitor.config.refusals import Source

_T = TypeVar("_T")
_UTC = ZoneInfo("UTC")

_LARGEST_BYTES = 1_000_000


def load_config(path: Path | None) -> Config:
    """Read and check a configuration file.

    Args:
        path: the file; None for no file, which is all defaults.

    Returns:
        Checked values.

    Raises:
        ConfigError: it cannot be read, or something in it is not allowed.
    """
    if path is None:
        return Config()
    return parse_config(read_text(path), str(path), local_zone(os.environ))


def read_text(path: Path) -> str:
    """Read a file that ought to be TOML.

    Args:
        path: of a regular file.

    Returns:
        Its text.

    Raises:
        ConfigError: it cannot be read, or is no text.
    """
    try:
        content = _read(path)
    except OSError as error:
        remedy = "Is the name right?" if isinstance(error, FileNotFoundError) else ""
        raise ConfigError(f"{path}: {error.strerror}. {remedy}".strip()) from error
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}: line {line}: this is not UTF-8 text.") from error


def _read(path: Path) -> bytes:
    with open(path, "rb", opener=_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ConfigError(f"{path}: this is not a regular file.")
        content = file.read(_LARGEST_BYTES + 1)
    if len(content) > _LARGEST_BYTES:
        raise ConfigError(f"{path}: more than 1 MB; this is no configuration file.")
    return content


def _without_waiting(path: str, flags: int) -> int:
    # Opening a FIFO that nobody writes would wait for ever.
    return os.open(path, flags | os.O_NONBLOCK)


def parse_config(text: str, name: str, machine: ZoneInfo = _UTC) -> Config:
    """Check the text of a configuration file.

    Args:
        text: TOML.
        name: of the file, for messages.
        machine: the machine's time zone, for plans without one of their own.

    Returns:
        Checked values.

    Raises:
        ConfigError: something in it is not allowed.
    """
    source = source_of(text, name, Config)
    config = converted(source, Config)
    refused = out_of_limits(config)
    if refused is not None:
        # Not from the file alone: a default may be what does not fit.
        values = {f"{part}.{key}": value for part, key, value, _ in settings(config)}
        raise _refusal(source._replace(table=source.table | values), *refused)
    clash = _first_clash(config.plans, machine)
    if clash is not None:
        raise _refusal(source, f"plan[{clash.position}].{clash.key}", clash.allowed)
    return config


def parse_plan(
    text: str, name: str, plan_id: str, machine: ZoneInfo = _UTC
) -> PlanTable:
    """Check the text of a file with one plan: the keys of a `[[plan]]` at its top.

    Args:
        text: TOML.
        name: of the file, for messages; empty while it is not written, when there
            are no lines to name.
        plan_id: what the plan is called; "id" may be left out.
        machine: the machine's time zone, for a plan without one of its own.

    Returns:
        Checked values.

    Raises:
        ConfigError: something in it is not allowed.
    """
    source = source_of(text, name or plan_id, PlanTable)
    if not name:
        source = source._replace(text="")
    source.table.setdefault("id", plan_id)
    table = converted(source, PlanTable)
    if table.id != plan_id:
        raise _refusal(source, "id", f'"{plan_id}", as the file is called')
    fault = first_fault((table,)) or _first_clash((table,), machine)
    if fault is not None:
        raise _refusal(source, fault.key, fault.allowed)
    return table


def source_of(text: str, name: str, kind: type) -> Source:
    """What stands in a file, before its values are looked at.

    Args:
        text: TOML.
        name: of the file, for messages.
        kind: as what it is to be read.

    Raises:
        ConfigError: it is no TOML.
    """
    # Only what reads a file needs to explain it.
    from monitor.config.refusals import Source  # noqa: PLC0415

    return Source(text, name, _written_out(_toml(text, name), kind), kind)


def _toml(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ConfigError(f"{name}: nested too deeply to be settings.") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: not valid TOML: {error}.") from error
    except ValueError as error:  # int() refuses 5,000 digits
        raise ConfigError(f"{name}: a number is too long to be a setting.") from error


def _written_out(table: dict[str, Any], kind: type) -> dict[str, Any]:
    if kind is PlanTable:
        written: dict[str, Any] = written_out(table)
        return written
    lists = {key: table[key] for key in ("plan", "offer") if key in table}
    return table | {key: written_out(each) for key, each in lists.items()}


def converted(source: Source, kind: type[_T]) -> _T:
    """The values of a file.

    Args:
        source: what stands in it.
        kind: what it is read as.

    Raises:
        ConfigError: one has another type, or a key is unknown.
    """
    try:
        return msgspec.convert(source.table, kind, dec_hook=decode)
    except msgspec.ValidationError as error:
        from monitor.config.refusals import explained  # noqa: PLC0415

        raise explained(source, error) from error


def _first_clash(tables: tuple[PlanTable, ...], machine: ZoneInfo) -> Fault | None:
    if not tables:
        return None
    # Only who has plans pays for what plans need: 10 ms of a report.
    from monitor.config.contracts import first_clash  # noqa: PLC0415

    return first_clash(tables, machine)


def _refusal(source: Source, key: str, allowed: str) -> ConfigError:
    from monitor.config.refusals import refusal  # noqa: PLC0415

    return refusal(source, key, allowed)
