"""Case files: what they hold, and what the command says to them."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitor.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent
FILES = (FOLDER / "cases.json", FOLDER / "more_cases.json")
"""Those of the specification, and our own; all were computed by hand."""

GOOD: dict[str, Any] = {
    "id": "good",
    "ask": {"what": "parse_size", "inputs": ["1 GB"]},
}
ANSWER = {"bytes": [10**9]}


def cases_of(path: Path) -> list[dict[str, Any]]:
    """The cases of a file."""
    cases: list[dict[str, Any]] = json.loads(path.read_bytes())["cases"]
    return cases


def simulated(path: Path) -> tuple[int, dict[str, Any], str]:
    """Run the command.

    Returns:
        The exit status, the answers (none where the output is empty), and what was
        said on standard error.
    """
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(["plan", "simulate", str(path)])
    text = out.getvalue()
    if not text:
        return status, {}, err.getvalue()
    document = json.loads(text, parse_constant=_no_json)
    assert list(document) == ["version", "answers"]
    assert document["version"] == 1
    return status, document["answers"], err.getvalue()


def simulated_of(path: Path, content: object) -> tuple[int, dict[str, Any], str]:
    """Run the command on a file that holds this; text as it is."""
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    return simulated(path)


def _no_json(text: str) -> None:
    raise AssertionError(f"{text} is no JSON")


def differences(expected: Any, found: Any, place: str = "") -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Where an answer is not what a case expects; only what it names is compared."""
    if isinstance(expected, dict) and isinstance(found, dict):
        if place == "lots" and set(expected) != set(found):
            yield f"lots are {sorted(found)}, not {sorted(expected)}"
        for key, value in expected.items():
            if key not in found:
                yield f"{place}.{key} is not there: {found.get('error', '')}"
            else:
                yield from differences(value, found[key], f"{place}.{key}".lstrip("."))
    elif expected != found or isinstance(expected, bool) != isinstance(found, bool):
        yield f"{place} is {found!r}, not {expected!r}"
