"""How people write plans, and which contract that is."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from monitor.config import as_toml, parse_config
from monitor.config.contracts import Configured, all_bindings, plans_of
from monitor.config.reading import parse_plan
from monitor.errors import ConfigError
from monitor.plans.entries import Sync
from monitor.plans.offers import Bucket, Rollover, Tier
from monitor.plans.payers import Bindings, Wide
from monitor.plans.terms import Background, Binding, Member, Plan, Rapid, Zones
from monitor.plans.timing import (
    CalendarDays,
    Day,
    Elapsed,
    Month,
    Validity,
    Week,
    Whole,
    Window,
)
from monitor.plans.values import Bytes, Mcc, Minute, Money, Name, Second

if TYPE_CHECKING:
    from msgspec import Struct

KARACHI = ZoneInfo("Asia/Karachi")
MONTH = 'every = "month"\n'
GB = 10**9


def _configured(text: str) -> Configured:
    config = parse_config(f'[[plan]]\nid = "p"\n{text}\n', "file", KARACHI)
    # What is shown is the same plan.
    assert parse_config(as_toml(config), "shown", KARACHI) == config
    (found,) = plans_of(config.plans, KARACHI)
    return found


def _plan(text: str) -> Plan:
    return _configured(text).plan


def _at(text: str) -> Second:
    return Second(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def _bytes(number: int) -> Bytes:
    return Bytes(number)


def test_a_quota_is_one_bucket_that_all_may_use() -> None:
    assert _plan(f'{MONTH}quota = "10 GB"').buckets == (
        Bucket(Name("main"), Bytes(10 * GB)),
    )
    for text in ("", 'quota = "unlimited"'):
        assert _plan(f"{MONTH}{text}").buckets == (Bucket(Name("main"), None),)


def test_buckets_come_beside_a_quota_or_instead_of_it() -> None:
    night = '[[plan.bucket]]\nid = "night"\nbytes = "10 GB"\n'
    beside = _plan(f'{MONTH}quota = "3 GB"\n{night}').buckets
    assert [(each.id, each.bytes) for each in beside] == [
        ("main", 3 * GB),
        ("night", 10 * GB),
    ]
    assert [each.id for each in _plan(f"{MONTH}{night}").buckets] == ["night"]


@pytest.mark.parametrize(
    ("text", "cycle"),
    [
        ('every = "month"', Month()),
        ('every = "1 month"\nbilling_day = 5', Month(5)),
        (
            'every = "month"\nmonth_end = "spill"\nreset_time = "06:30"',
            Month(reset_time=Minute(390), month_end="spill"),
        ),
        (
            'every = "3 months"\nstarts_on = 2026-01-31',
            Month(interval=3, anchor=date(2026, 1, 31)),
        ),
        ('every = "week"', Week()),
        ('every = "week"\nweekday = "Friday"', Week(5)),
        ('every = "week"\nweekday = "sun"', Week(7)),
        ('every = "week"\nweekday = 3\nreset_time = 06:00:00', Week(3, Minute(360))),
        ('every = "day"', Day()),
        # Days are those of the calendar where the plan begins with a day.
        ('every = "30 days"\nstarts_on = 2026-01-31', CalendarDays(30)),
        ('every = "2 weeks"\nstarts_on = "first_use"', Elapsed(14)),
        ('every = "30 days"\nstarts_on = 2026-01-31T10:00:00', Elapsed(30)),
        ('every = "30 calendar days"\nstarts_on = "first use"', CalendarDays(30)),
        ('every = "24 h"\nstarts_on = 2026-01-31', Elapsed(1)),
        ('every = "36 h"\nactivated_at = 2026-01-31T10:00:00Z', Elapsed(1, 12)),
        ('valid = "7 days"\nstarts_on = "install"', Whole()),
        ('cycle = {kind = "days_calendar", days = 30}', CalendarDays(30)),
    ],
)
def test_a_cycle_is_written_in_words(text: str, cycle: Struct) -> None:
    assert _plan(text).cycle == cycle


@pytest.mark.parametrize(
    ("text", "validity"),
    [
        (
            'valid = "7 days"\nstarts_on = 2026-11-20',
            Validity(kind="days_calendar", days=7, start=_at("2026-11-19T19:00")),
        ),
        (
            'valid = "168 h"\nstarts_on = 2026-11-20',
            Validity(kind="days_calendar", days=7, start=_at("2026-11-19T19:00")),
        ),
        (
            'valid = "7 days"\nstarts_on = 2026-11-20T11:00:00',
            Validity(kind="elapsed", days=7, start=_at("2026-11-20T06:00")),
        ),
        (
            'valid = "7 days"\nstarts_on = "first_use"',
            Validity(kind="elapsed", days=7, starts_on="first_use"),
        ),
        (
            'valid = "7 calendar days"\nstarts_on = "first_use"\nreset_time = "06:00"',
            Validity(
                kind="days_calendar",
                days=7,
                starts_on="first_use",
                reset_time=Minute(360),
            ),
        ),
        (
            'valid = "36 h"\nstarts_on = "First attach"',
            Validity(kind="elapsed", days=1, hours=12, starts_on="first_attach"),
        ),
        (
            (
                'valid = "30 days"\nstarts_on = "purchase"\nactivate_by = "60 days"\n'
                'purchased_at = "2026-11-01T10:00"\non_deadline = "autostart"'
            ),
            Validity(
                kind="elapsed",
                days=30,
                starts_on="purchase",
                activate_by_days=60,
                on_deadline="autostart",
            ),
        ),
        (
            (
                'valid = "30 days"\nstarts_on = "install"\n'
                'activate_by = "2026-12-31T00:00:00Z"'
            ),
            Validity(
                kind="elapsed",
                days=30,
                starts_on="install",
                activate_by=_at("2026-12-31T00:00"),
            ),
        ),
        (f"{MONTH}starts_on = 2026-11-20", Validity(start=_at("2026-11-19T19:00"))),
        (
            (
                'every = "month"\n[plan.validity]\nkind = "fixed"\n'
                "start = 2026-01-01T00:00:00Z\nend = 2027-01-01T00:00:00Z"
            ),
            Validity(
                kind="fixed", start=_at("2026-01-01T00:00"), end=_at("2027-01-01T00:00")
            ),
        ),
    ],
)
def test_a_validity_is_written_in_words(text: str, validity: Validity) -> None:
    assert _plan(text).validity == validity


def test_instants_of_a_purchase_are_local_times_of_the_plan() -> None:
    plan = _plan(
        f'{MONTH}tz = "Asia/Shanghai"\npurchased_at = 2026-11-01T08:00:00\n'
        'installed_at = "2026-11-01 08:30"\nactivated_at = "2026-11-01T09:00Z"'
    )
    assert plan.purchased_at == _at("2026-11-01T00:00")
    assert plan.installed_at == _at("2026-11-01T00:30")
    assert plan.activated_at == _at("2026-11-01T09:00")


@pytest.mark.parametrize(
    ("text", "tiers"),
    [
        ("", ()),
        ('after = "block"', (Tier(behavior="block"),)),
        ('after = "throttle"\nkbps = 128', (Tier(behavior="throttle", kbps=128),)),
        (
            'after = "bill"\nblock = "1 GB"\nprice = "10.00"\ntax_pct = 5',
            (
                Tier(
                    behavior="bill",
                    block_bytes=_bytes(GB),
                    price=Money("10.00"),
                    tax_pct=Money(5),
                ),
            ),
        ),
        (
            (
                '[[plan.overage]]\nbehavior = "free"\nupto_bytes = "1 GB"\n'
                '[[plan.overage]]\nbehavior = "block"'
            ),
            (
                Tier(behavior="free", upto_bytes=_bytes(GB)),
                Tier(behavior="block"),
            ),
        ),
    ],
)
def test_what_comes_after_the_quota_is_a_tier(
    text: str, tiers: tuple[Tier, ...]
) -> None:
    assert _plan(f"{MONTH}{text}").overage == tiers


def test_what_is_left_may_roll_over() -> None:
    assert _plan(MONTH).rollover is None
    assert _plan(f"{MONTH}rollover = true").rollover == Rollover()
    text = f'{MONTH}rollover = {{cycles = 2, cap_bytes = "1 GB"}}'
    assert _plan(text).rollover == Rollover(2, _bytes(GB))
    # Present, and with its defaults.
    assert _plan(f"{MONTH}[plan.rollover]").rollover == Rollover()


@pytest.mark.parametrize("key", ["zones", "countries"])
def test_countries_are_letters_or_codes(key: str) -> None:
    assert _plan(f'{MONTH}{key} = ["410", "pk", "IN"]').zones == Zones(
        (Mcc("410"), Mcc("404"), Mcc("405"), Mcc("406"))
    )


def test_countries_and_windows_of_a_bucket_are_short_too() -> None:
    plan = _plan(
        f'{MONTH}[[plan.bucket]]\nid = "n"\n'
        'scope = {windows = ["22:00-06:00"], zones = ["CN"]}'
    )
    (bucket,) = plan.buckets
    assert bucket.scope.windows == (Window(Minute(22 * 60), Minute(6 * 60)),)
    assert bucket.scope.zones == ("460", "461")


def test_an_iccid_is_that_of_the_line() -> None:
    assert _plan(f'{MONTH}iccid = "8992 0690 0000 0000 016"').line.iccid == (
        "8992 0690 0000 0000 016"
    )


def test_alerts_are_on_unless_turned_off() -> None:
    alerts = _plan(MONTH).alerts
    assert (alerts.warn_pct, alerts.remind_before_h) == ((50, 80, 95), (72, 24))
    alerts = _plan(f"{MONTH}warn_pct = []\nremind = []").alerts
    assert (alerts.warn_pct, alerts.remind_before_h) == ((), ())
    text = f'{MONTH}warn_pct = [90]\nremind = ["12 h", "2 days"]\nbudget_day = true\n'
    alerts = _plan(
        text + 'rapid = true\nbackground = {window = "01:00-06:00", bytes = "50 MB"}'
    ).alerts
    assert (alerts.warn_pct, alerts.remind_before_h) == ((90,), (48, 12))
    assert alerts.budget_day
    assert alerts.rapid == Rapid()
    window = Window(Minute(60), Minute(360))
    assert alerts.background == Background(window, _bytes(50_000_000))


def test_alerts_in_full_keep_the_defaults_of_what_they_do_not_say() -> None:
    alerts = _plan(f"{MONTH}[plan.alerts]\nrapid = {{every_h = 12}}").alerts
    assert alerts.warn_pct == (50, 80, 95)
    assert alerts.rapid == Rapid(12)


def test_no_buckets_at_all_are_a_plan_of_top_ups() -> None:
    assert _plan(f"{MONTH}buckets = []").buckets == ()


def test_cycles_of_days_follow_a_validity_in_full() -> None:
    text = 'every = "10 days"\n[plan.validity]\nstarts_on = "install"\ndays = 30\n'
    assert _plan(f'{text}kind = "elapsed"').cycle == Elapsed(10)
    assert _plan(f'{text}kind = "days_calendar"').cycle == CalendarDays(10)


def test_members_share_a_plan() -> None:
    text = f'{MONTH}[[plan.member]]\nid = "amina"\nallocation_bytes = "4 GB"'
    assert _configured(text).members == (Member(Name("amina"), _bytes(4 * GB)),)


def test_bindings_for_a_time_and_patterns_are_kept_apart() -> None:
    bindings = _configured(
        f'{MONTH}match.interface = ["wwan*"]\n'
        '[[plan.bind]]\ninterface = "usb0"\nfrom = 2026-11-20T10:00:00\n'
    ).bindings
    assert bindings.wides == (Wide("wwan*", "p"),)
    assert bindings.binds == (Binding("usb0", Name("p"), _at("2026-11-20T05:00")),)


def test_a_plan_need_not_be_bound_yet() -> None:
    assert _configured(MONTH).bindings == Bindings()


def test_what_the_carrier_said_is_an_entry_whose_id_stays() -> None:
    said = f'{MONTH}quota = "10 GB"\nremaining = "7 GB"\nas_of = 2026-11-20T10:00:00\n'
    (entry,) = _configured(said).entries
    assert entry == Sync(
        id=Name("config:p:2026-11-20T05:00:00Z"),
        ts=_at("2026-11-20T05:00"),
        plan=Name("p"),
        remaining_bytes=_bytes(7 * GB),
    )
    assert _configured(said).entries == (entry,)


@pytest.mark.parametrize(
    ("text", "short", "full"),
    [
        ('every = "month"\ncycle = {kind = "day"}', "every", "cycle"),
        ('valid = "1 h"\nstarts_on = "install"\nvalidity = {}', "valid", "validity"),
        ('valid = "1 h"\n[plan.validity]\nkind = "open"', "valid", "validity"),
        (f'{MONTH}after = "free"\noverage = [{{behavior = "block"}}]', "after", "over"),
        (f'{MONTH}iccid = "8"\nline = {{iccid = "9"}}', "iccid", "line"),
        (f"{MONTH}zones = []\ncountries = []", "countries", "zones"),
        (f"{MONTH}buckets = []\nbucket = []", "bucket", "buckets"),
        (f"{MONTH}rapid = true\nalerts.rapid = {{}}", "rapid", "alerts.rapid"),
        (f"{MONTH}warn_pct = [1]\nalerts.warn_pct = [2]", "warn_pct", "alerts.warn"),
    ],
)
def test_the_same_said_short_and_in_full_names_both_keys(
    text: str, short: str, full: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        _configured(text)
    assert f"plan.p.{short} = " in str(caught.value)
    assert f'left out, because "{full}' in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("billing_day = 32", "line 4: plan.p.billing_day = 32: must be from 1 to 31."),
        ("cycle.kind = 'year'", 'cycle.kind = "year": must be "month", "week"'),
        ("weekday = 2", 'plan.p.weekday = 2: must be left out, or beside every = "w'),
        ("tz = 'Asia/Kathmando'", 'line 4: plan.p.tz = "Asia/Kathmando": must be the'),
        ("bucket = [{id = 'x', bytes = -1}]", "bucket[0].bytes = -1: must be from 0"),
        ("bucket = [{id = 'x', bytes = 1.5}]", "bytes = 1.5: must be whole bytes, or"),
        ("bucket = [{id = 'x', bytes = '1.5 B'}]", 'bytes = "1.5 B": must be whole b'),
        ("bucket = [{bytes = 1}]", "line 4: plan.p.bucket[0].id: must be a name of 1"),
        ("bucket = 4", "plan.p.bucket = 4: must be a list."),
        ("bucket = [{id = 'x', byte = 1}]", "bucket[0].byte: unknown key. Did you me"),
        ("[[plan.bucket]]\nid='x'\n[[plan.bucket]]\nid='x'", "another than"),
        ("[[plan.member]]\nid='x'\n[[plan.member]]\nid='x'", "another than"),
        ("[[plan.cap]]\nid='x'\nbytes=1\n[[plan.cap]]\nid='x'\nbytes=1", "another tha"),
        ("quota = '1 GB'\nbucket = [{id='main'}]", '"quota" makes the bucket main'),
        ("quota = '0 GB'", 'must be a size in quotes, such as "10 GB", or "unlimited'),
        ("validity.kind = 'fixed'", "validity.end: must be given, since validity.k"),
        ("validity.kind = 'elapsed'", "validity.days: must be above 0, or validity."),
        (
            (
                "[plan.validity]\nkind = 'fixed'\nstart = 2026-01-02T00:00:00Z\n"
                "end = 2026-01-01T00:00:00Z"
            ),
            'line 7: plan.p.validity.end = "2026-01-01 00:00:00+00:00": must be after',
        ),
        ("validity.start = 2026-01-01", "must be an instant with its offset, such as"),
        ("activate_by = '30 days'", "plan.p.purchased_at: must be given, because"),
        ("activate_by = 2026-12-31", "must be an instant, such as"),
        (
            "purchased_at = 2026-01-02T00:00:00Z\nactivate_by = 2026-01-01T00:00:00Z",
            'must be after "purchased_at".',
        ),
        ("cap = [" + "{id='x',bytes=1}," * 201 + "]", "must be at most 200 of them."),
        ("remind = [" + "'1 h'," * 21 + "]", "must be at most 20 times."),
        ("after = 'bill'\nblock = '1 GB'", "price: must be the price of a block"),
        ("after = 'bill'\nblock = '1 GB'\nprice = '0'", 'plan.p.price = "0": must be'),
        ("after = 'throttle'", "plan.p.kbps: must be given, since it is throttled."),
        ("on_deadline = 'lapse'", 'must be left out, or beside "activate_by"'),
        ("kbps = 128", 'must be left out, or beside after = "throttle"'),
        ("after = 'bill'", "plan.p.block: must be a size such as"),
        ("after = 'bill'\nblock = '1 GB'\nprice = 1.5", "must be a decimal number in"),
        ("overage = [{behavior='free'},{behavior='block'}]", "given, since another ti"),
        ("rollover = 3", "plan.p.rollover = 3: must be true or false or a table."),
        ("zones = ['XX']", 'zones[0] = "XX": must be a country, such as "PK", or a'),
        ("zones = 410", "plan.p.zones = 410: must be a list or a table."),
        ("iccid = '1234'", 'plan.p.iccid = "1234": must be'),
        ("remind = ['5 min']", 'remind[0] = "5 min": must be whole hours or days'),
        ("remind = [24]", "remind[0] = 24: must be a time in s, min, h"),
        ("background = {window = '1-6', bytes = 1}", 'background.window = "1-6": mus'),
        ("bind = [{from = 2026-01-01}]", "plan.p.bind[0].interface: must be the name"),
        (
            "[[plan.bind]]\ninterface = 'a'\nfrom = 2026-01-02\nto = 2026-01-01",
            'line 7: plan.p.bind[0].to = "2026-01-01": must be after "from".',
        ),
        (
            "bind = [{interface = 'a'}, {interface = 'a', from = 2026-01-02}]",
            "line 4: plan.p.bind[1]: must be at another time: a is bound to it, too.",
        ),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_named_with_what_is_allowed(
    text: str, sentence: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        _configured(f"{MONTH}{text}")
    assert str(caught.value).startswith("file:")
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("every = 5", 'must be "month", "week", "day", or a time such as "30 days"'),
        ("every = '0 days'", "must be"),
        ("every = '30 days'", 'plan.p.starts_on: must be given, because "30 days"'),
        ("every = '3 months'", "starts_on: must be a date or an instant, because"),
        (
            "reset_time = '06:00'\ncycle.kind = 'day'\nvalidity.kind = 'open'",
            'reset_time = "06:00": must be left out, because "cycle" and',
        ),
        ("every = 'week'\nbilling_day = 3", "must be left out, or beside every = "),
        ("valid = '30'", 'must be whole hours or days, from "1 h" to "3660 days"'),
        ("valid = '90 min'\nstarts_on = 'install'", "must be whole hours or days"),
        ("valid = '36 h'\nstarts_on = 2026-01-01", "must be whole days, unless"),
        ("valid = '3661 days'\nstarts_on = 'install'", "must be whole hours or da"),
        ("valid = '7 days'\nstarts_on = 'first'", "or one of first_use, first_attach"),
    ],
)
def test_impossible_times_are_named_with_what_is_allowed(
    text: str, sentence: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        _configured(text)
    assert sentence in str(caught.value)


TWO = """
[[plan]]
id = "cn"
every = "month"
[[plan.bind]]
interface = "wwan0"
to = {to}
[[plan]]
id = "pk"
every = "month"
[[plan.bind]]
interface = "wwan0"
from = 2025-06-10T11:00:00+05:00
"""


def test_two_plans_may_share_an_interface_one_after_the_other() -> None:
    text = TWO.format(to="2025-06-10T11:00:00+05:00")
    configured = plans_of(parse_config(text, "f").plans, KARACHI)
    binds = all_bindings(configured).binds
    assert [(bind.plan, bind.from_s, bind.to_s) for bind in binds] == [
        ("cn", None, _at("2025-06-10T06:00")),
        ("pk", _at("2025-06-10T06:00"), None),
    ]


def test_two_plans_that_want_an_interface_at_a_time_are_both_named() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(TWO.format(to="2025-06-10T11:00:01+05:00"), "f")
    assert str(caught.value) == (
        "f: line 11: plan.pk.bind[0]: must be at another time: wwan0 is bound to the "
        "plan cn."
    )


def test_a_file_with_one_plan_has_its_keys_at_the_top() -> None:
    text = 'quota = "5 GB"\nevery = "month"\n[[bucket]]\nid = "n"\n[match]\n'
    table = parse_plan(text + 'interface = ["a"]', "pk.toml", "pk", KARACHI)
    assert (table.id, table.match.interface) == ("pk", ("a",))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('id = "other"', 'pk.toml: line 1: id = "other": must be "pk", as the file is'),
        ("\nbilling_day = 32", "pk.toml: line 2: billing_day = 32: must be from 1 to"),
        ("[[bucket]]\nid = 3", "pk.toml: line 2: bucket[0].id = 3: must be a name of"),
        ("cap = []\n[match]\niface = []", "line 3: match.iface: unknown key"),
        ("[[plan]]\nid = 'x'", "pk.toml: plan: unknown key."),
    ],
)  # fmt: skip
def test_a_mistake_in_such_a_file_is_named(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_plan(f"{text}\n", "pk.toml", "pk", KARACHI)
    assert sentence in str(caught.value)
