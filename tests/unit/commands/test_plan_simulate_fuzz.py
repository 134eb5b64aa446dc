"""Whatever stands at any place of a case: an answer or a sentence, no traceback."""

from __future__ import annotations

import copy
import json
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.plans.casebook import FILES, cases_of, simulated

if TYPE_CHECKING:
    from collections.abc import Iterator

READ = ("config", "usage", "ledger", "ask", "counters", "clock")
CASES = [case for path in FILES for case in cases_of(path)]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 40),
    st.sampled_from([-(10**30), 10**18, 10**18 + 1, 10**30, 2**63, -1]),
    st.floats(),
    st.text(max_size=5),
    st.characters(categories=["Cs", "Cc"]),
    st.sampled_from(
        [
            "9999-12-31T23:59:59Z",
            "1990-01-01T00:00:00Z",
            "2199-12-31T23:59:59Z",
            "2025-06-31T00:00:00Z",
            "2025-03-01T00:00:00+14:00",
            "0001-01-01",
            "9999-12-31",
            "../../etc/passwd",
            "Asia/Kathmandu",
            "Pacific/Apia",
            "00:00",
            "24:00",
            "whole",
            "elapsed",
            "days_calendar",
            "on_depletion",
            "p1",
            "main",
            "10 GB",
            "-1",
            "1e9",
        ]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["kind", "id", "bytes", "days", "hours", "mode", "ts", ""]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


def _places(value: object, path: tuple[object, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _places(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _places(each, (*path, index))


@st.composite
def _spoilt(draw: st.DrawFn) -> dict[str, Any]:
    """A case of which one to three places are not what they were."""
    case: dict[str, Any] = copy.deepcopy(draw(st.sampled_from(CASES)))
    for _ in range(draw(st.integers(1, 3))):
        parts = {key: case[key] for key in READ if key in case}
        path = draw(st.sampled_from([each for each in _places(parts) if each]))
        holder: Any = case
        for step in path[:-1]:
            holder = holder[step]
        last = path[-1]
        match draw(st.sampled_from(["replace", "replace", "delete", "double"])):
            case "replace":
                holder[last] = draw(VALUES)
            case "delete":
                del holder[last]
            case "double" if isinstance(holder, list):
                holder.insert(last, copy.deepcopy(holder[last]))
            case _:
                holder[str(last) + draw(st.sampled_from(["", "s", " "]))] = holder[last]
    case["id"] = "spoilt"
    return case


@cache
def _answers_alone() -> dict[str, Any]:
    return {id_: answer for path in FILES for id_, answer in simulated(path)[1].items()}


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(spoilt=_spoilt(), other=st.sampled_from(CASES))
def test_a_spoilt_case_is_answered_or_refused_and_touches_no_other(
    spoilt: dict[str, Any], other: dict[str, Any]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cases.json"
        path.write_text(json.dumps({"cases": [spoilt, other]}), encoding="ascii")
        status, answers, said = simulated(path)
    assert said == ""
    assert list(answers) == ["spoilt", other["id"]]
    assert answers[other["id"]] == _answers_alone()[other["id"]]
    error = answers["spoilt"].get("error")
    assert status == any("error" in each for each in answers.values())
    if error is not None:
        assert set(answers["spoilt"]) == {"error"}
        assert error.isprintable()
        assert error.endswith(".")
        assert len(error) < 1_000


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(content=st.text(max_size=60) | VALUES.map(json.dumps))
def test_whatever_is_in_a_file_is_one_error_or_answers(content: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cases.json"
        path.write_text(content, encoding="utf-8", errors="surrogatepass")
        status, _, said = simulated(path)
    assert status == (1 if said else 0)
    assert said.count("\n") == bool(said)
