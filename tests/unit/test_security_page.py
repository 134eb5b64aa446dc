"""What the security page says is so: its tests are there, its tables are complete."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import metadata
from pathlib import Path
from typing import TYPE_CHECKING, cast

from monitor.daemon.answering import Answers
from monitor.daemon.control import Access

if TYPE_CHECKING:
    from monitor.daemon.asked import Asked

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / ".github" / "SECURITY.md").read_text(encoding="utf-8")
OWN = (
    "all",
    "test",
    "fuzz",
    "dev",
)  # extras that no user needs, or that are others together


def _rows(heading: str) -> list[list[str]]:
    """Cells of the table in a section, without its head."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_every_file_and_test_that_it_names_is_there() -> None:
    named = re.findall(r"`((?:tests|monitor|systemd)/[\w./-]+)(?:::(\w+))?`", PAGE)
    assert len(named) > 15
    for file, test in named:
        text = (ROOT / file).read_text(encoding="utf-8")
        assert f"def {test}(" in text if test else text, (file, test)


def test_the_socket_answers_to_whom_it_says() -> None:
    anybody, group = (
        set(re.findall(r"`([\w.]+)`", row[1])) for row in _rows("The socket")
    )
    methods = Answers(cast("Asked", None)).methods
    of = {
        access: {n for n, m in methods.items() if m.access is access}
        for access in Access
    }
    assert (anybody, group) == (of[Access.ANYBODY], of[Access.GROUP])


def test_dependencies_and_licences_are_those_of_the_packages() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
        "project"
    ]
    extras = project["optional-dependencies"]
    wanted = {_name(each): "always" for each in project["dependencies"]}
    for extra in extras.keys() - set(OWN):
        wanted |= {_name(each): extra for each in extras[extra]}
    table = {name: (licence, use) for name, licence, use in _rows("Dependencies")}
    assert {name: use for name, (_, use) in table.items()} == wanted
    for name, (licence, _) in table.items():
        assert licence in _licence(name), name


def _name(requirement: str) -> str:
    found = re.match(r"[\w-]+", requirement)
    assert found
    return found[0]


def _licence(package: str) -> str:
    """All that a package says of its licence."""
    known = metadata(package)
    classifiers = [
        c for c in known.get_all("Classifier", []) if c.startswith("License")
    ]
    said = (known["License-Expression"], known["License"], *classifiers)
    return " ".join(each for each in said if each)


def test_it_names_the_three_capabilities_of_the_unit() -> None:
    unit = (ROOT / "systemd" / "esimmon.service").read_text(encoding="utf-8")
    given = re.search(r"^AmbientCapabilities=(.*)$", unit, re.MULTILINE)
    assert given
    assert all(capability in PAGE for capability in given[1].split())
