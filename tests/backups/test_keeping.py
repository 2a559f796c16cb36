"""The keep rules against a plain restatement of them, and what they must never let go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from ringkeep.backups.keeping import Rules, Stored, reasons_to_keep, to_forget

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
ZONES = ["UTC", "Asia/Tehran", "Pacific/Auckland", "America/St_Johns"]


@st.composite
def histories(draw: st.DrawFn) -> list[Stored]:
    hours = draw(st.lists(st.integers(0, 24 * 400), max_size=25))
    return [
        Stored(
            f"b{number}",
            NOW - timedelta(hours=hour),
            draw(st.sampled_from(["complete", "complete", "partial", "running"])),
            draw(st.sampled_from(["nightly", "change", "before restore"])),
            frozenset(draw(st.sets(st.sampled_from(["good", "degraded", "bad"]), max_size=2))),
        )
        for number, hour in enumerate(hours)
    ]


rules = st.builds(Rules, st.integers(0, 4), st.integers(0, 6), st.integers(0, 5), st.integers(0, 4))


def restated(history: list[Stored], rule: Rules, zone: ZoneInfo) -> set[str]:
    """What is kept, said for each backup by itself: quadratic, and without any of keeping.py."""

    def newer(a: Stored, b: Stored) -> bool:
        return (a.started_at, a.id) > (b.started_at, b.id)

    def label(backup: Stored, form: str) -> str:
        return backup.started_at.astimezone(zone).strftime(form)

    def kept(backup: Stored) -> bool:
        same = [other for other in history if other.state == backup.state]
        newer_same = [other for other in same if newer(other, backup)]
        complete = [other for other in history if other.state == "complete"]
        if backup.state == "running":
            return True
        if backup.reason == "before restore" and backup.started_at > NOW - timedelta(days=30):
            return True
        stored = [other for other in history if other.state != "running"]
        good = [other for other in stored if "good" in other.verdicts]
        degraded = [other for other in stored if "degraded" in other.verdicts]
        proven = good or degraded
        if backup in proven and not any(newer(other, backup) for other in proven):
            return True
        if backup.state == "complete" and (not newer_same or len(newer_same) < rule.last):
            return True
        if backup.state == "partial" and not any(other.started_at >= backup.started_at for other in complete):
            return True
        for form, most in (("%Y-%m-%d", rule.daily), ("%G-%V", rule.weekly), ("%Y-%m", rule.monthly)):
            mine = label(backup, form)
            if any(label(other, form) == mine for other in newer_same):
                continue
            if len({label(other, form) for other in newer_same}) >= most:
                continue
            if backup.state == "partial":
                later = {label(other, form) for other in complete}
                if mine in sorted(later, reverse=True)[:most]:
                    continue
            return True
        return False

    return {backup.id for backup in history if kept(backup)}


@given(histories(), rules, st.sampled_from(ZONES))
def test_what_is_kept_is_what_the_rules_say_in_plain_words(history: list[Stored], rule: Rules, name: str) -> None:
    zone = ZoneInfo(name)
    why = reasons_to_keep(history, rule, zone, NOW)
    assert {found for found, reasons in why.items() if reasons} == restated(history, rule, zone)
    assert set(to_forget(history, rule, zone, NOW)) == {found for found, reasons in why.items() if not reasons}


@given(histories(), rules)
def test_partial_ones_never_push_a_complete_one_out(history: list[Stored], rule: Rules) -> None:
    zone = ZoneInfo("UTC")

    def complete_kept(of: list[Stored]) -> set[str]:
        gone = set(to_forget(of, rule, zone, NOW))
        return {backup.id for backup in of if backup.state == "complete" and backup.id not in gone}

    without = [backup for backup in history if backup.state != "partial"]
    # One that leans on its verdict alone may be followed by a proven partial one.
    unproven = [Stored(b.id, b.started_at, b.state, b.reason) for b in history]
    assert complete_kept(unproven) == complete_kept([b for b in unproven if b.state != "partial"])
    assert len(complete_kept(history)) >= len(complete_kept(without)) - 1


@given(histories(), rules)
def test_forgetting_twice_forgets_nothing_more(history: list[Stored], rule: Rules) -> None:
    gone = set(to_forget(history, rule, ZoneInfo("UTC"), NOW))
    left = [backup for backup in history if backup.id not in gone]
    assert to_forget(left, rule, ZoneInfo("UTC"), NOW) == []


def nights(count: int, make: Callable[[int], Stored]) -> list[Stored]:
    return [make(number) for number in range(count)]


def test_the_last_proven_one_outlives_all_rules() -> None:
    def night(number: int) -> Stored:
        verdicts = frozenset({"good"}) if number == 300 else frozenset({"bad"})
        return Stored(f"n{number}", NOW - timedelta(days=number), "complete", verdicts=verdicts)

    gone = to_forget(nights(400, night), Rules(1, 0, 0, 0), ZoneInfo("UTC"), NOW)
    assert len(gone) == 398 and "n300" not in gone and "n0" not in gone


def test_a_backup_at_one_in_the_night_in_tehran_belongs_to_that_day_there() -> None:
    """21:30 UTC is 01:00 of the next day in Tehran: three nights in a row are three days, not two."""
    history = [Stored(f"n{d}", datetime(2026, 11, 20 + d, 21, 30, tzinfo=UTC), "complete") for d in range(3)]
    late = Stored("late", datetime(2026, 11, 22, 20, 0, tzinfo=UTC), "complete")  # 23:30 in Tehran, the day of n1
    assert to_forget([*history, late], Rules(0, 3, 0, 0), ZoneInfo("Asia/Tehran"), NOW) == ["n1"]
    assert to_forget([*history, late], Rules(0, 3, 0, 0), ZoneInfo("UTC"), NOW) == ["late"]
