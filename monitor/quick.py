"""`esimmon status` before click is imported: a status bar asks every few seconds.

Only what is asked often is answered here: no file is named, and a daemon of the usual
places keeps its status. Everything else, and every error, is left to the command
(`monitor.commands.status`), which does the same by the rules of all commands.
"""

from __future__ import annotations

from monitor.client import statusfile
from monitor.errors import StatusStaleError
from monitor.views.standing import check_status
from monitor.views.status import written

TYPE_CHECKING = False  # `typing` would cost as much as all the rest
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

SYSTEM_CONFIG = "/etc/esimmon/config.toml"
SYSTEM_STATUS = "/run/esimmon/esimmon.json"
_FLAGS = {
    "--check": ("check", True),
    "--quiet": ("quiet", True),
    "-q": ("quiet", True),
    "--json": ("format", "json"),
    "--oneline": ("format", "oneline"),
    "--waybar": ("format", "waybar"),
    "--format=json": ("format", "json"),
    "--format=text": ("format", "text"),
    "--format=oneline": ("format", "oneline"),
    "--format=waybar": ("format", "waybar"),
}
# With these set, the places are not the usual ones.
_PLACED_BY = (
    *("ESIMMON_CONFIG", "CONFIGURATION_DIRECTORY", "STATE_DIRECTORY"),
    "RUNTIME_DIRECTORY",
)


def answer(
    arguments: Sequence[str], environ: Mapping[str, str], uid: int
) -> tuple[str, int] | None:
    """Answer `esimmon status` if that is simple.

    Args:
        arguments: of the program, without its name.
        environ: the environment.
        uid: the effective user.

    Returns:
        Text to write and exit status; None to leave it to the command.
    """
    if arguments[:1] != ["status"] or any(name in environ for name in _PLACED_BY):
        return None
    wanted: dict[str, object] = {}
    for argument in arguments[1:]:
        if argument not in _FLAGS:
            return None
        key, value = _FLAGS[argument]
        wanted[key] = value
    document = _usual_document(environ, uid)
    if document is None:
        return None
    style = str(wanted.get("format", "text"))
    checks = "check" in wanted or "quiet" in wanted
    try:
        with statusfile.understood():
            status = check_status(document) if checks else 0
            text = "" if "quiet" in wanted else f"{written(document, style)}\n"
    except StatusStaleError:
        return None
    return text, status


def _usual_document(environ: Mapping[str, str], uid: int) -> dict[str, Any] | None:
    """What the first fresh status file of the usual places says."""
    configs, statuses = [SYSTEM_CONFIG], [SYSTEM_STATUS]
    if uid:
        runtime, home = environ.get("XDG_RUNTIME_DIR", ""), environ.get("HOME", "")
        own = environ.get("XDG_CONFIG_HOME", "")
        if not (runtime.startswith("/") and home.startswith("/")):
            return None
        own = own if own.startswith("/") else f"{home}/.config"
        configs.insert(0, f"{own}/esimmon/config.toml")
        statuses.insert(0, f"{runtime}/esimmon/esimmon.json")
    if any(map(_may_place_the_store, configs)):
        return None
    for path in statuses:
        try:
            return statusfile.read(path)
        except StatusStaleError:
            continue
    return None


def _may_place_the_store(config: str) -> bool:
    """Whether a configuration could have `[store] path`; cheaper than to parse it."""
    try:
        with open(config, "rb") as file:  # noqa: PTH123 - pathlib costs too much here
            lines = file.read().split(b"\n")
    except FileNotFoundError:
        return False
    except OSError:
        return True
    settings = (line.partition(b"#")[0].replace(b" ", b"") for line in lines)
    return any(
        b"path" in setting or b"\\" in setting
        for setting in settings
        if setting.strip() != b'path=""'
    )
