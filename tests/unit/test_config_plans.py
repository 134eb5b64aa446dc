"""`[[plan]]` in the configuration: what is read, and how each mistake is reported."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import as_toml, contracts, parse_config
from monitor.config.plans import Match, PlanTable
from monitor.errors import ConfigError
from monitor.plans.account import replay
from monitor.plans.entries import Sync
from monitor.plans.offers import Bucket
from monitor.plans.payers import Bindings, Wide
from monitor.plans.status import Status, status
from monitor.plans.terms import AlertTerms, Plan
from monitor.plans.timing import Month
from monitor.plans.values import Bytes, Name

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
KARACHI = ZoneInfo("Asia/Karachi")
MONTHLY = 'id = "home"\nevery = "month"\nmatch.interface = ["wwan*"]\n'
TWO = """\
[[plan]]
id = "a"
every = "month"
[plan.match]
interface = ["a"]
[[plan]]
id = "b"
every = "month"
[plan.match]
interface = ["b", 3]
"""
PACK = 'id = "pk"\nvalid = "7 days"\nmatch.interface = ["usb0"]\n'


def _plan(table: str) -> contracts.Configured:
    (found,) = contracts.plans_of(
        parse_config(f"[[plan]]\n{table}", "file").plans, KARACHI
    )
    return found


def _stands(table: str, at: str) -> Status:
    """How a plan stands that nothing was used of."""
    plan, members, _, entries = _plan(table)
    return status(replay(plan, members, entries, None, (), _at(at)), _at(at))


def _at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def test_a_monthly_plan_has_its_defaults() -> None:
    found = _plan(MONTHLY)
    assert found.plan == Plan(
        id=Name("home"),
        tz=KARACHI,
        cycle=Month(),
        buckets=(Bucket(Name("main")),),
        alerts=AlertTerms(warn_pct=(50, 80, 95), remind_before_h=(72, 24)),
    )
    assert found.bindings == Bindings(wides=(Wide("wwan*", "home"),))
    assert (found.members, found.entries) == ((), ())


def test_everything_that_can_be_set_is_taken_over() -> None:
    text = MONTHLY + (
        'quota = "10 GB"\nbilling_day = 31\ntz = "Europe/Berlin"\ncount = "rx"\n'
        "warn_pct = [90, 50, 90]\n"
        'remaining = "2.2 GB"\nas_of = "2026-11-20T10:00:00+05:00"\n'
    )
    found = _plan(text)
    assert found.plan == Plan(
        id=Name("home"),
        tz=ZoneInfo("Europe/Berlin"),
        cycle=Month(billing_day=31),
        buckets=(Bucket(Name("main"), Bytes(10_000_000_000)),),
        count="rx",
        alerts=AlertTerms(warn_pct=(50, 90), remind_before_h=(72, 24)),
    )
    (said,) = found.entries
    assert isinstance(said, Sync)
    assert (said.at_s, said.remaining_bytes) == (_at("2026-11-20T05:00"), 2_200_000_000)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        # Days of the calendar, the first one included.
        ('starts_on = "2026-11-20"', "2026-11-19T19:00", "2026-11-26T19:00"),
        ("starts_on = 2026-11-20", "2026-11-19T19:00", "2026-11-26T19:00"),
        # Blocks of 24 hours.
        ('starts_on = "2026-11-20T10:00Z"', "2026-11-20T10:00", "2026-11-27T10:00"),
        ("starts_on = 2026-11-20T10:00:00Z", "2026-11-20T10:00", "2026-11-27T10:00"),
        ('starts_on = "2026-11-20 10:00"', "2026-11-20T05:00", "2026-11-27T05:00"),
        (
            'tz = "Europe/Berlin"\nstarts_on = "2026-10-20"',
            *("2026-10-19T22:00", "2026-10-26T23:00"),
        ),
        (
            'tz = "Europe/Berlin"\nstarts_on = "2026-10-20T00:00"',
            *("2026-10-19T22:00", "2026-10-26T22:00"),
        ),
    ],
)
def test_a_date_begins_days_and_an_instant_begins_hours(
    text: str, start: str, end: str
) -> None:
    found = _stands(f"{PACK}{text}\n", start)
    assert (found.validity_start, found.validity_end) == (_at(start), _at(end))
    assert (found.cycle_start, found.cycle_end) == (_at(start), _at(end))


def test_a_monthly_plan_may_begin_and_end() -> None:
    begun = _stands(f'{MONTHLY}starts_on = "2026-11-20"\n', "2026-11-20")
    assert begun.validity_start == _at("2026-11-19T19:00")
    assert begun.validity_end is None
    assert begun.cycle_end == _at("2026-11-30T19:00")
    text = f'{MONTHLY}starts_on = "2026-11-20T00:00Z"\nvalid = "12 h"\n'
    ending = _stands(text, "2026-11-20")
    assert ending.cycle_start == ending.validity_start == _at("2026-11-20T00:00")
    assert ending.cycle_end == ending.validity_end == _at("2026-11-20T12:00")


def test_unlimited_is_a_quota() -> None:
    assert _stands(f'{MONTHLY}quota = "unlimited"\n', "2026-11-20").limit_bytes is None


def test_the_plans_of_the_example_are_plans_that_use_every_key() -> None:
    commented = EXAMPLE.read_text().partition("# [[plan]]")
    text = re.sub(r"^# ?", "", "".join(commented[1:]), flags=re.MULTILINE)
    config = parse_config(text, "example")
    assert [table.id for table in config.plans] == [
        "home",
        "travel",
        "family",
        "contract",
    ]
    keys = (*PlanTable.__struct_fields__, *Match.__struct_fields__, "from", "to")
    for key in keys:
        assert re.search(rf"^(\[+plan\.)?{key}\b", text, re.MULTILINE), key
    defaults = PlanTable()
    first = config.plans[0]
    assert (first.count, first.warn_pct) == (defaults.count, defaults.warnings)
    _, travel, family, contract = contracts.plans_of(config.plans, KARACHI)
    assert travel.plan.validity.days == 7
    assert [bucket.id for bucket in family.plan.buckets] == ["main", "night"]
    assert contract.plan.validity.kind == "fixed"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (f"{MONTHLY}billing_day = 35", "line 5: plan.home.billing_day = 35: must be"),
        (f"{MONTHLY}billing_day = 0", "home.billing_day = 0: must be from 1 to 31"),
        (f"{MONTHLY}billing_day = '1'", "must be a whole number"),
        (f"{MONTHLY}quota = 10", "plan.home.quota = 10: must be a size in quotes"),
        (f"{MONTHLY}quota = '0 GB'", 'must be a size in quotes, such as "10 GB", or'),
        (f"{MONTHLY}quota = '2000000 TB'", 'must be at most "1000000 TB", or "'),
        (f"{MONTHLY}tz = 'Mars/Olympus'", 'tz = "Mars/Olympus": must be the name of'),
        (f"{MONTHLY}tz = 5", "tz = 5: must be text in quotes"),
        (f"{MONTHLY}tz = '../../etc/passwd'", "must be the name of a time zone"),
        (f"{MONTHLY}count = 'up'", 'count = "up": must be "both", "rx" or "tx"'),
        (f"{MONTHLY}warn_pct = [0]", "warn_pct[0] = 0: must be from 1 to 100"),
        (f"{MONTHLY}warn_pct = 50", "warn_pct = 50: must be a list"),
        (f"{MONTHLY}warn_pct = {list(range(1, 30))}", "at most 20 percents"),
        (f"{MONTHLY}remaining = '1 GB'", "plan.home.as_of: must be the instant at"),
        (f"{MONTHLY}as_of = '2026-11-20T10:00Z'", "must be left out, or beside"),
        (
            f"{MONTHLY}remaining = '1 GB'\nas_of = '2026-11-20T10:00Z'",
            'remaining = "1 GB": must be left out without a quota',
        ),
        (
            f"{MONTHLY}quota = '1 MB'\nremaining = '1 GB'\nas_of = '2026-11-20T10:00Z'",
            'remaining = "1 GB": must be at most the quota',
        ),
        (f"{MONTHLY}as_of = 2026-11-20", 'as_of = "2026-11-20": must be an instant'),
        (MONTHLY.replace("month", "year"), 'every = "year": must be "month", "week"'),
        (MONTHLY.replace("home", "My Home"), 'id = "My Home": must be a name of a-z'),
        (MONTHLY.replace('id = "home"', ""), "plan[0].id: must be a name of a-z, 0-9"),
        (MONTHLY.replace('every = "month"', ""), "plan.home.every: must be"),
        (MONTHLY.replace('["wwan*"]', "[]"), "match.interface = []: must be one inter"),
        (MONTHLY.replace('["wwan*"]', '["a b"]'), 'match.interface[0] = "a b": must'),
        (MONTHLY.replace("match.interface", "match.iface"), "plan.home.match.iface: u"),
        (PACK, "plan.pk.starts_on: must be a date or an instant, because"),
        (f"{PACK}starts_on = '2026-02-30'", "must be a date, such as"),
        (f"{PACK}starts_on = '1826-02-20'", "must be a date, such as"),
        (f"{PACK}starts_on = '20.11.2026'", "must be a date, such as"),
        (f"{PACK}starts_on = 5", "plan.pk.starts_on = 5: must be a date, such as"),
        (f"{PACK}starts_on = 10:00:00", "must be a date, such as"),
        (
            f"{PACK}starts_on = 2026-11-20".replace("7 days", "12 h"),
            'valid = "12 h": must be whole days, unless "starts_on" has a time of day',
        ),
        (f"{PACK}starts_on = 2026-11-20".replace("7 days", "5 min"), "whole hours"),
        (f"{PACK}starts_on = 2026-11-20".replace("7 days", "9999 days"), "3660 days"),
        (f"{PACK}billing_day = 3", 'must be left out, or beside every = "month"'),
        (f"{MONTHLY}qouta = '1 GB'", "plan.home.qouta: unknown key. Did you mean plan"),
        (f"{MONTHLY}xyz = 1", "unknown key. Allowed in [plan]: id, quota, every"),
        (f"{MONTHLY}match.xyz = 1", "Allowed in [plan.match]: iccid, uuid, ssid"),
    ],
)  # fmt: skip
def test_an_impossible_plan_is_named_with_what_is_allowed(
    text: str, sentence: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(f"[[plan]]\n{text}\n", "file.toml")
    assert str(caught.value).startswith("file.toml:")
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("plan = 4", "plan = 4: must be a list of tables, each under a line [[plan]]"),
        (f"[plan]\n{MONTHLY}", "must be a list of tables, each under a line [[plan]]"),
        ("plan = [4]", "plan[0] = 4: must be a table"),
        (
            f"[[plan]]\n{MONTHLY}[[plan]]\n{MONTHLY}",
            'f: line 6: plan[1].id = "home": must be another name: one plan has it',
        ),
        (
            f"[[plan]]\n{MONTHLY}[[plan]]\n{MONTHLY.replace('home', 'two')}",
            "must be without wwan*, which the plan home matches",
        ),
        (
            TWO,
            "f: line 10: plan.b.match.interface[1] = 3: must be the name",
        ),
        ("[background]\nrate = '1 B'", 'background.rate = "1 B": must be from "1 kB"'),
        ("[background]\nwithin = '2 days'", 'must be from "1 min" to "1 day"'),
        ("[background]\nallow = [' ']", "must be the name of an application"),
    ],
)
def test_a_mistake_beside_the_plan_is_named(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "f")
    assert sentence in str(caught.value)


def test_a_key_of_a_plan_is_not_taken_for_one_of_the_table_before() -> None:
    text = f"[sampling]\n[[plan]]\n{MONTHLY}tick = 1\n"
    with pytest.raises(ConfigError, match=r"^f: line 6: plan\.home\.tick: unknown key"):
        parse_config(text, "f")


def test_plans_are_shown_as_they_can_be_read() -> None:
    text = (
        f'[[plan]]\n{MONTHLY}quota = "1.5 GB"\nbilling_day = 7\nwarn_pct = []\n'
        f'[[plan]]\n{PACK}starts_on = 2026-11-20T10:00:00+05:00\nquota = "unlimited"\n'
        '[background]\nallow = ["Web Content", "apt*"]\n'
    )
    config = parse_config(text, "file")
    assert parse_config(as_toml(config), "shown") == config
    assert 'quota = "1500 MB"' in as_toml(config)


@given(st.text(alphabet="plan[]{}=.\"' \n12dmonthevryquosia-_", max_size=200))
def test_any_plan_is_a_plan_or_a_configuration_error(text: str) -> None:
    try:
        parse_config(f"[[plan]]\n{text}", "f")
    except ConfigError as error:
        assert str(error).startswith("f:")  # noqa: PT017 - either outcome is right


KEYS = [field.encode_name for field in msgspec.structs.fields(PlanTable)]
_SCALARS = st.one_of(
    st.integers(-5, 500), st.text(max_size=8), st.booleans(), st.dates(), st.datetimes()
)


@given(
    st.dictionaries(
        st.sampled_from(
            [field.encode_name for field in msgspec.structs.fields(PlanTable)]
        ),
        st.one_of(_SCALARS, st.lists(_SCALARS, max_size=2)),
    )
)
def test_any_value_of_a_plan_is_taken_or_refused_with_its_key(
    table: dict[str, object],
) -> None:
    lines = [f"{key} = {_toml(value)}" for key, value in table.items()]
    try:
        parse_config("[[plan]]\n" + "\n".join(lines), "f")
    except ConfigError as error:
        assert re.search(r"plan(\[0\]|\.[a-z0-9-]+)\.\w+.*must be", str(error))  # noqa: PT017 - either


def _toml(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_toml(each) for each in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return "".join(["'", re.sub(r"[^ -&(-~]", "?", value), "'"])
    return str(value)
