"""Files that people and other programs bring: settings, plans, cases, exports."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, _common, _tzpath

from monitor.client import statusfile
from monitor.collectors import desktop_entries
from monitor.collectors.desktop_entries import Places
from monitor.config import load_config, with_plan_files
from monitor.config.settings import Config
from monitor.plans import casefile
from monitor.plans.answers import answer
from monitor.plans.cases import case_id
from monitor.plans.refusals import RefusedError
from monitor.views.reading import read_export
from monitor.views.standing import check_status
from monitor.views.status import written
from monitor.zones import local_zone
from tests.endurance.fuzzing.mutation import spoilt_json
from tests.endurance.fuzzing.target import Target
from tests.unit import standings
from tests.unit.plans.casebook import FILES, cases_of

if TYPE_CHECKING:
    from random import Random

_KARACHI: Final = ZoneInfo("Asia/Karachi")
_EXAMPLE: Final = FILES[0].parents[3] / "config.example.toml"
_TOML: Final = (
    *(
        b"[[plan]]\n",
        b"[plan.match]\n",
        b"= true",
        b'= "9 GB"',
        b"= 1979-05-27",
        b"= []",
    ),
    *(b"= 1e400", b"= nan", b'"""', b"'''", b"{", b"quota", b"every", b"tz", b"match"),
    *(
        b'= "month"',
        b"\\ud800",
        b'= "Asia/\\u0000"',
        b"= 99999999999999999999",
        b"a.b.",
    ),
)


def config_file(folder: Path) -> Target:
    """config.toml."""
    path = folder / "config.toml"

    def feed(given: bytes) -> None:
        path.write_bytes(given)
        load_config(path)

    whole = _EXAMPLE.read_bytes()
    plan = b'[[plan]]\nid = "p%d"\nquota = "1 GB"\nevery = "month"\n[plan.match]\n'
    plan += b'interface = ["if%d"]\n'
    seeds = (whole, _uncommented(whole), plan % (1, 1))
    return Target(
        feed, seeds, _TOML, grown=lambda n: b"".join(plan % (i, i) for i in range(n))
    )


def _uncommented(text: bytes) -> bytes:
    """With every setting that the example only shows."""
    lines = text.split(b"\n")
    return b"\n".join(
        line[2:] if line.startswith(b"# ") and b" = " in line else line
        for line in lines
    )


def plan_files(folder: Path) -> Target:
    """The folder plans.d: names and contents of files."""
    plans = folder / "plans.d"
    good = b'quota = "10 GB"\nevery = "month"\ntz = "UTC"\nmatch.interface = "usb0"\n'
    more = b'[[member]]\nid = "amina"\n[[bucket]]\nid = "night"\nquota = "1 GB"\n'
    seeds = (b"home.toml\0" + good, b"a-1.toml\0" + good + more)

    def feed(given: bytes) -> None:
        plans.mkdir(exist_ok=True)
        name, _, content = given.partition(b"\0")
        path = os.path.join(os.fsencode(plans), name.replace(b"/", b"") or b"x.toml")  # noqa: PTH118 - bytes
        try:
            with open(path, "wb") as file:  # noqa: PTH123 - as above
                file.write(content)
        except OSError:  # no name of a file
            return
        try:
            with_plan_files(Config(), None, plans, _KARACHI)
        finally:
            os.unlink(path)  # noqa: PTH108 - as above

    return Target(
        feed, seeds, (*_TOML, b".toml\0"), grown=lambda n: seeds[1] + more * n
    )


def case_files(_: Path) -> Target:
    """What `plan simulate` is given, its engine included."""
    cases = [case for file in FILES for case in cases_of(file)]

    def feed(given: bytes) -> None:
        text = given.decode("utf-8", "replace")
        casefile.refuse_large(text, "x")
        for case in casefile.cases_in(text, "x"):
            case_id(case)
            try:
                json.dumps(answer(case))
            except RefusedError as error:
                if len(str(error)) > 1_000:
                    raise AssertionError("a refusal of more than a sentence") from error

    def make(chance: Random) -> bytes:
        return spoilt_json(chance, {"cases": [chance.choice(cases)]})

    def grown(parts: int) -> bytes:
        case: dict[str, Any] = max(cases, key=lambda each: len(str(each.get("usage"))))
        return json.dumps(
            {"cases": [case | {"id": str(n)} for n in range(parts)]}
        ).encode()

    seeds = [json.dumps({"cases": [case]}).encode() for case in cases[:20]]
    return Target(feed, seeds, (b'"id":', b'"ask":', b"{", b"NaN"), make, grown)


_ROW: Final = {
    "from": "2026-11-01T00:00:00Z",
    "to": "2026-11-01T00:05:00Z",
    "network": "if:x",
    **dict.fromkeys(("rx_bytes", "tx_bytes", "rx_packets", "tx_packets"), 7),
}
_HEAD: Final = {"kind": "esimmon export", "version": 1, "machine": "a" * 64}


def export_files(folder: Path) -> Target:
    """What `import device` is given."""
    path = folder / "there.json"

    def feed(given: bytes) -> None:
        path.write_bytes(given)
        read_export(path, lambda *_: None)

    def make(chance: Random) -> bytes:
        head, row = (spoilt_json(chance, each) for each in (_HEAD, _ROW))
        return _export(
            json.dumps(_HEAD).encode() if chance.random() < 0.7 else head, row
        )

    def grown(parts: int) -> bytes:
        return _export(json.dumps(_HEAD).encode(), *[json.dumps(_ROW).encode()] * parts)

    return Target(feed, (grown(2),), (b"9999-12-31T23:59:59Z", b"1e999"), make, grown)


def _export(head: bytes, *rows: bytes) -> bytes:
    return head[:-1] + b', "rows": [\n' + b",\n".join(rows) + b"\n]}\n"


def status_file(folder: Path) -> Target:
    """The daemon's status file and its details, and all that `status` makes of them."""
    path, details = folder / "esimmon.json", folder / "esimmon.details"
    alert: dict[str, object] = {
        "id": "1",
        "kind": "data.warning",
        "plan": "wwan",
        "application": "x",
        "title": "t",
        "body": "b",
        "raised_at": "2026-11-25T17:00:00Z",
    }
    plans = (standings.WWAN, standings.HOME, standings.PACK, standings.OVER)
    document = standings.document((*plans, standings.SOON), alerts=[alert])
    statusfile.write(str(path), document)
    good, more = (
        json.loads(each.read_bytes()) if each.exists() else {}
        for each in (path, details)
    )

    def feed(given: bytes) -> None:
        for file, content in zip((path, details), given.split(b"\0\0"), strict=False):
            file.write_bytes(content)
        found = statusfile.read(str(path))
        with statusfile.understood():
            check_status(found)
            for style in ("text", "json", "oneline", "waybar"):
                written(found, style)

    def make(chance: Random) -> bytes:
        return b"\0\0".join(spoilt_json(chance, each) for each in (good, more))

    seeds = (b"\0\0".join(json.dumps(each).encode() for each in (good, more)),)
    return Target(feed, seeds, (b"[" * 5_000, b"1e999"), make)


def desktop_files(folder: Path) -> Target:
    """.desktop files, and the ids that are looked up in their folders."""
    places = Places((folder,), (folder,))
    good = (
        b"[Desktop Entry]\nType=Application\nName=Fire\\sfox\nName[de]=Feuer\nIcon=x\n"
    )

    def feed(given: bytes) -> None:
        (folder / "x.desktop").write_bytes(given)
        desktop_entries.collect("x", places, ("de_AT", "de"))
        for found in (given.decode("utf-8", "surrogateescape"), "snap:x", "a-x"):
            desktop_entries.collect(found, places)
        desktop_entries.languages({"LANG": os.fsdecode(given), "LANGUAGE": "x:@:_"})

    words = (b"[Desktop Entry]", b"Name[", b"Hidden=true", b"\\", b"../")
    return Target(feed, (good,), words, grown=lambda n: good + b"X-A=\\\\s\n" * n)


def zone_files(folder: Path) -> Target:
    """/etc/localtime and TZ."""
    path = folder / "localtime"
    good = [_zone_file(name) for name in ("Asia/Karachi", "Europe/Berlin")]

    def feed(given: bytes) -> None:
        path.write_bytes(given)
        local_zone({}, path)
        local_zone({"TZ": f":{path}"})
        local_zone({"TZ": os.fsdecode(given[:40]).replace("\0", "")})

    return Target(feed, good, (b"TZif", b"Asia/", b"..", b"<+05>-5\n", b":"))


def _zone_file(name: str) -> bytes:
    found = _tzpath.find_tzfile(name)
    if found is not None:
        return Path(found).read_bytes()
    with _common.load_tzdata(name) as file:
        return file.read()
