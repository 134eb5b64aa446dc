"""In whatever language a person's machine speaks, commands read and write the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.unit.commands.stores import make_store

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[3]
LANGUAGES = ("de_DE", "tr_TR")
DAY = "2025-06-11"
DEFINITIONS = "/usr/share/i18n/locales/de_DE"
CONFIG = """
[[plan]]
id = "home"
quota = "1.5 GB"
every = "month"
billing_day = 1
tz = "UTC"
"""
COMMANDS = (
    f"report --period {DAY} --tz UTC",
    f"report --period {DAY} --by hour --tz UTC --csv",
    "plan show home",
    "report --period 31.02.2025",
    "plan add x --size 1,5GB --every month",
)

pytestmark = pytest.mark.needs(DEFINITIONS)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], str]:
    """Runs a command of a person with a language; returns all that it said."""
    folder = tmp_path_factory.mktemp("languages")
    store = make_store(folder / "usage.db")
    config = folder / "config.toml"
    config.write_text(CONFIG)
    for language in LANGUAGES:
        made = str(folder / f"{language}.UTF-8")
        command = ["localedef", "-i", language, "-f", "UTF-8", made]
        subprocess.run(command, check=True, capture_output=True)

    def said(words: str, language: str) -> str:
        own = ["--store", str(store), "--config", str(config)]
        environ = {
            **os.environ,
            "LOCPATH": str(folder),
            "LC_ALL": language,
            "LANGUAGE": language[:2],
            "PYTHONIOENCODING": "utf-8",
        }
        done = subprocess.run(
            [sys.executable, "-m", "monitor", *words.split(), *own],
            cwd=ROOT,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stderr
        return f"{done.returncode}\n{done.stdout}{done.stderr}"

    return said


@pytest.mark.parametrize("words", COMMANDS)
def test_no_language_changes_what_is_read_and_written(
    words: str, run: Callable[[str, str], str]
) -> None:
    plain = run(words, "C.UTF-8")
    for language in LANGUAGES:
        assert run(words, f"{language}.UTF-8") == plain


def test_the_languages_are_real(tmp_path: Path) -> None:
    """Else the test above would compare a language with itself."""
    made = str(tmp_path / "de_DE.UTF-8")
    subprocess.run(["localedef", "-i", "de_DE", "-f", "UTF-8", made], check=True)
    done = subprocess.run(
        ["date", "-d", "2025-03-05", "+%B"],
        env={
            "LOCPATH": str(tmp_path),
            "LC_ALL": "de_DE.UTF-8",
            "PATH": "/usr/bin:/bin",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "März\n"
