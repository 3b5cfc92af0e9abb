"""The dashboard's numbers as HTML, each rate with its interval and what it was counted on; no web framework here."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from review.page_html import (
    NOTHING,
    bar_html,
    empty_html,
    join,
    percent,
    progress_html,
    section_html,
    table_html,
    tiles_html,
)
from review.page_words import code_words, unit_words
from review.statistics import Rate
from review.store.dashboard import Dashboard, ReviewerPace
from review.store.people import UserRecord

NOTHING_YET = empty_html(
    "Nothing is submitted yet",
    "Numbers appear with the first submitted review. Start at Queue; a lead makes campaigns under Campaigns.",
)
RANDOM_ONLY = (
    "Counted only on descriptions drawn by chance (the random stratum) and claims that say an action unit is there. "
    "The most suspicious descriptions are reviewed first, so rates over everything would be too high. 95 % Wilson "
    "intervals."
)
PLANTED_NOTE = (
    "What reviewers make of errors that were put in on purpose. Those mixed into a campaign (its planted share) never "
    "enter a release; a sample project is made of such errors, so its descriptions enter one as they were corrected."
)


def dashboard_html(found: Dashboard, user: UserRecord, names: Mapping[int, str]) -> Markup:
    """Return everything but the pictures.

    Args:
        found: the numbers.
        user: who reads; only leads see everybody's row, others their own.
        names: how each person is called to this reader.
    """
    parts = [_tiles_html(found), _needs_html(found.needs)]
    if not found.progress.submitted:
        return join([*parts, NOTHING_YET])
    left = [section_html("How often a claim is wrong, by action unit"), note_html(RANDOM_ONLY), _units_html(found)]
    left.append(_disputed_html(found))
    right = [section_html("What is wrong, when something is"), _mix_html(found)]
    right += [section_html("Planted errors missed"), note_html(PLANTED_NOTE), _planted_html(found)]
    right += [section_html("People"), _people_html(found.reviewers, user, names)]
    columns = Markup('<div class="rv-two"><div>{}</div><div>{}</div></div>').format(join(left), join(right))
    return join([*parts, columns])


def rate_html(rate: Rate, *, most: float = 1.0, bar: bool = True) -> Markup:
    """Return a rate as a line, a percentage, its interval and how many it was counted on."""
    if rate.value is None or rate.low is None or rate.high is None:
        return Markup('<span class="muted">none counted yet</span>')
    line = bar_html(rate.low, rate.value, rate.high, most=most) if bar else NOTHING
    return Markup('{} <span class="rv-nowrap">{} <span class="muted">({} to {}; {} of {})</span></span>').format(
        line, percent(rate.value), percent(rate.low), percent(rate.high), f"{rate.k:,}", f"{rate.n:,}"
    )


def note_html(sentence: str) -> Markup:
    """Return a sentence that says how to read what follows."""
    return Markup('<p class="muted">{}</p>').format(sentence)


def _tiles_html(found: Dashboard) -> Markup:
    progress = found.progress
    done = Markup("{} of {}{}").format(
        f"{progress.submitted:,}", f"{progress.total:,}", progress_html(progress.submitted, progress.total, "submitted")
    )
    week = sum(day.submitted for day in found.days[-7:])
    return tiles_html(
        [
            ("Reviews submitted", done, f"{progress.leased:,} in work, {progress.skipped:,} skipped"),
            ("Last seven days", f"{week:,}", "reviews submitted"),
            ("Claims that are wrong", *_tile(found)),
            ("Contested", f"{progress.contested:,}", f"to adjudicate: {progress.waiting_adjudication:,}"),
        ]
    )


def _tile(found: Dashboard) -> tuple[str, str]:
    rate, open_ones = found.overall, found.disputed.random
    if rate.value is None:
        return "–", "nothing counted in the random stratum yet"
    remark = f"{percent(rate.low)} to {percent(rate.high)}, {rate.n:,} claims, random stratum"
    if open_ones:
        remark += f"; {percent((rate.k + open_ones) / (rate.n + open_ones))} if all disputed ones are wrong"
    return percent(rate.value), remark


def _disputed_html(found: Dashboard) -> Markup:
    """Return what the disputed claims do to the rates; nothing where there are none."""
    if not found.disputed.random:
        return NOTHING
    count = f"{found.disputed.random:,} claim{' is' if found.disputed.random == 1 else 's are'}"
    return note_html(
        f"{count} still disputed and left out here. What a third person finds wrong raises the rates: decide on "
        "Adjudicate before you quote one."
    )


def _needs_html(needs: Sequence[str]) -> Markup:
    if not needs:
        return NOTHING
    lines = join(Markup("<li>{}</li>").format(need) for need in needs)
    return Markup('<section class="rv-needs">{}<ul>{}</ul></section>').format(section_html("What is needed now"), lines)


def _units_html(found: Dashboard) -> Markup:
    known = [unit for unit in found.units if unit.rate.n]
    if not known:
        return note_html("No claim of the random stratum is judged yet.")
    ordered = sorted(known, key=lambda unit: (-(unit.rate.low or 0.0), unit.action_unit))
    return table_html(("Action unit", "Wrong"), [(unit_words(u.action_unit), rate_html(u.rate)) for u in ordered])


def _mix_html(found: Dashboard) -> Markup:
    counted = [count for count in found.error_mix if count.claims]
    waiting = _waiting_html(found.disputed.claims)
    if not counted:
        return waiting or note_html("No error is marked yet.")
    most = max(count.share for count in counted)
    rows = [
        (
            code_words(count.code),
            Markup('<span class="rv-share" aria-hidden="true"><i style="width:{}%"></i></span>').format(
                round(100 * count.share / most, 1)
            ),
            percent(count.share),
            f"{count.claims:,}",
        )
        for count in sorted(counted, key=lambda count: -count.claims)
    ]
    return table_html(("Error", "", "Share", "Claims"), rows, numbers=(2, 3)) + waiting


def _waiting_html(claims: int) -> Markup:
    if not claims:
        return NOTHING
    text = f"{claims:,} claim{' waits' if claims == 1 else 's wait'} for a third person, since people judged"
    return note_html(
        f"{text} {'it' if claims == 1 else 'them'} differently, and {'is' if claims == 1 else 'are'} in no number here."
    )


def _share(rate: Rate) -> str:
    """Return a share with its counts, short enough for a narrow table."""
    return f"{percent(rate.value)} ({rate.k:,} of {rate.n:,})" if rate.n else "–"


def _planted_html(found: Dashboard) -> Markup:
    known = [planted for planted in found.planted if planted.missed.n]
    if not known:
        return note_html("No planted error is reviewed yet; a campaign mixes them in when its rate is above 0.")
    rows = [(code_words(planted.code), rate_html(planted.missed, bar=False)) for planted in known]
    return table_html(("Error", "Missed"), rows)


def _people_html(people: Sequence[ReviewerPace], user: UserRecord, names: Mapping[int, str]) -> Markup:
    shown = [person for person in people if user.role in ("lead", "admin") or person.user_id == user.id]
    if not shown:
        return note_html("You have not submitted a review yet.")
    rows = [
        (
            names.get(person.user_id, "?"),
            f"{person.submitted:,}",
            f"{person.last_7_days:,}",
            "–" if person.median_seconds is None else f"{person.median_seconds:.0f} s",
            _share(person.planted_found),
            _share(person.changed_after_hint),
        )
        for person in shown
    ]
    heads = ("Person", "Reviews", "7 days", "Median time", "Planted errors found", "Changed after evidence")
    return table_html(heads, rows, numbers=(1, 2, 3))
