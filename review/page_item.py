"""One description with everything that was ever said of it, as HTML; no web framework here."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import groupby

from markupsafe import Markup

from review.page_html import NOTHING, badge_html, join, moment, notice_html, percent, table_html
from review.page_words import BASES, TASKS, target_words, value_words
from review.store.gold import GoldRecord
from review.store.history import ReviewHistory, SkipRecord
from review.store.items import ItemView
from review.store.people import ROLES, UserRecord
from review.store.revisions import RevisionRecord

HIDDEN = "Others have reviewed this too. Their verdicts stay hidden from you until you have submitted your own."


def is_lead(user: UserRecord) -> bool:
    """Return whether ``user`` may see names and undo what others did."""
    return ROLES.index(user.role) >= ROLES.index("lead")


def names_for(user: UserRecord, people: Sequence[UserRecord]) -> dict[int, str]:
    """Return what ``user`` may call each person: a lead their login, others the name they have in releases."""
    return {
        person.id: "You" if person.id == user.id else person.login if is_lead(user) else f"R{person.id:02d}"
        for person in people
    }


def visible_histories(user: UserRecord, histories: Sequence[ReviewHistory]) -> list[ReviewHistory]:
    """Return the reviews that ``user`` may read: a reviewer sees those of others only after submitting one."""
    done = any(review.reviewer_id == user.id and review.status == "submitted" for review in histories)
    if user.role != "reviewer" or done:
        return list(histories)
    return [review for review in histories if review.reviewer_id == user.id]


def item_html(
    user: UserRecord,
    item: ItemView,
    histories: Sequence[ReviewHistory],
    gold: Sequence[GoldRecord],
    revisions: Mapping[int, Sequence[RevisionRecord]],
    skips: Sequence[SkipRecord] = (),
) -> Markup:
    """Return the item with its reviews, its gold, and what a lead may do about them.

    Args:
        user: who looks.
        item: the description.
        histories: every review of it.
        gold: every gold value it ever had.
        revisions: of each review.
        skips: who passed it over and why; for leads.
    """
    shown = visible_histories(user, histories)
    claims = {claim.id: claim.text for claim in item.claims}
    parts = [
        _picture_html(user, item),
        _head_html(item),
        Markup('<p class="rv-text">{}</p>').format(item.text),
        _suspicion_html(item),
    ]
    if skips and is_lead(user):
        parts.append(_skips_html(skips))
    parts.append(Markup("<h4>Reviews</h4>"))
    parts += [_review_html(user, review, claims, item.text, revisions.get(review.review_id, ())) for review in shown]
    if len(shown) < len(histories):
        parts.append(notice_html(HIDDEN))
    elif not histories:
        parts.append(Markup('<p class="muted">Nobody has reviewed it yet.</p>'))
    if len(shown) == len(histories):
        parts.append(gold_html(gold, claims, item.text))
    parts.append(thread_html(item.description_id))
    return Markup('<article class="rv-item">{}</article>').format(join(parts))


def thread_html(description_id: int, *, nameless: bool = False) -> Markup:
    """Return the place of an item's comments; comments.js fills it."""
    return Markup('<h4>Comments</h4><section data-comments="{}"{} aria-label="Comments"></section>').format(
        description_id, Markup(" data-nameless") if nameless else NOTHING
    )


def gold_html(gold: Sequence[GoldRecord], claims: Mapping[int, str], text: str) -> Markup:
    """Return what counts as true now, and what it was before."""
    if not gold:
        return Markup('<h4>Gold</h4><p class="muted">No truth is agreed yet: it takes one submitted review.</p>')
    rows: list[Sequence[object]] = []
    older: list[Sequence[object]] = []
    for (target, key), values in groupby(gold, key=lambda value: (value.target, value.target_key)):
        for value in values:
            kind, words = BASES[value.basis]
            stands_on = ", ".join(f"{review} (version {version})" for review, version in value.reviews)
            if value.adjudication_id is not None:
                stands_on += f"; adjudication {value.adjudication_id}"
            cells = (
                target_words(target, key, claims),
                value_words(target, value.value, text) if value.value else "people differ",
                badge_html(words, kind),
                f"review {stands_on}",
                moment(value.at),
            )
            (older if value.superseded else rows).append(cells)
    headers = ("About", "Value", "Stands on", "Made from", "Since (UTC)")
    history = NOTHING
    if older:
        history = Markup("<details><summary>Earlier gold ({})</summary>{}</details>").format(
            len(older), table_html(headers, older)
        )
    return Markup("<h4>Gold</h4>") + table_html(headers, rows) + history


def _picture_html(user: UserRecord, item: ItemView) -> Markup:
    """Return the face, blurred for those who only read."""
    view = "thumb" if user.role == "viewer" else "full"
    return Markup('<img class="rv-picture" data-face="{}" data-view="{}" alt="Face of item {}">').format(
        item.image_id, view, item.description_id
    )


def _head_html(item: ItemView) -> Markup:
    facts = [TASKS[item.task], item.split, f"{item.width} × {item.height} px"]
    hidden = "author hidden until the blind check is over" if item.sealed else "author hidden until you submit"
    facts.append(f"written by {item.origin_model}" if item.origin_model else hidden)
    if item.duplicates:
        facts.append(f"{len(item.duplicates)} near-duplicate pictures")
    return Markup(
        '<h3>Item {}</h3><p class="rv-facts">{}</p><p><a class="rv-link" href="./review?description={}">'
        "Open it in Review</a></p>"
    ).format(item.description_id, " · ".join(facts), item.description_id)


def _suspicion_html(item: ItemView) -> Markup:
    if item.suspicion is None or not item.suspicion.reasons:
        return NOTHING
    reasons = join(Markup("<li>{}</li>").format(reason.text) for reason in item.suspicion.reasons)
    return Markup('<details><summary>Why suspicious ({})</summary><ul class="rv-plain">{}</ul></details>').format(
        percent(item.suspicion.score), reasons
    )


def _skips_html(skips: Sequence[SkipRecord]) -> Markup:
    lines = join(
        Markup('<li><b>{}</b>: {} <span class="muted">{} · {} UTC</span></li>').format(
            skip.login, skip.reason, skip.campaign, moment(skip.at)
        )
        for skip in skips
    )
    return Markup('<h4>Passed over</h4><ul class="rv-plain">{}</ul>').format(lines)


def _review_html(
    user: UserRecord,
    review: ReviewHistory,
    claims: Mapping[int, str],
    text: str,
    revisions: Sequence[RevisionRecord],
) -> Markup:
    own = review.reviewer_id == user.id
    name = "You" if own else review.login if is_lead(user) else f"R{review.reviewer_id:02d}"
    kind = {"submitted": "good", "void": "error"}.get(review.status, "wait")
    head = Markup('<b>{}</b> {} <span class="muted">{} · saved {} · version {}</span>').format(
        name, badge_html(review.status, kind), review.campaign, moment(review.saved_at), review.version
    )
    said = join(Markup("<li>{}</li>").format(line) for line in _lines(review, claims, text))
    corrected = NOTHING
    if review.corrected_text is not None and review.corrected_text != text:
        corrected = Markup('<details><summary>Corrected text</summary><p class="rv-text">{}</p></details>').format(
            review.corrected_text
        )
    return Markup('<section class="rv-review">{}<ul>{}</ul>{}{}{}</section>').format(
        head, said, corrected, _revisions_html(user, review, revisions), _reopen_html(user, review)
    )


def _lines(review: ReviewHistory, claims: Mapping[int, str], text: str) -> list[Markup]:
    """Return what the review says, one line a judgement."""
    state = review.state
    said = [("claim", str(claim), asdict(verdict)) for claim, verdict in state.verdicts.items()]
    said += [("unit", str(unit), asdict(seen)) for unit, seen in state.units.items() if seen.state != "not_judged"]
    if state.emotion is not None:
        said.append(("emotion", "emotion", asdict(state.emotion)))
    if state.marks:
        said.append(("text", "text", {"marks": [asdict(mark) for mark in state.marks]}))
    lines = [
        Markup('<span class="muted">{}</span> {}{}').format(
            target_words(target, key, claims), value_words(target, value, text), _how(value)
        )
        for target, key, value in said
    ]
    if state.baseline_unsure:
        lines.append(Markup("resting face unknown"))
    if state.note:
        lines.append(Markup('<span class="muted">Note</span> {}').format(state.note))
    return lines or [Markup('<span class="muted">nothing said yet</span>')]


def _how(value: Mapping[str, object]) -> Markup:
    """Return how a verdict came about, where that matters: after evidence, or because of another one."""
    words = [
        said
        for name, said in (("changed_after_hint", "changed after the evidence"), ("follows", "follows what it repeats"))
        if value.get(name)
    ]
    return Markup(' <span class="muted">({})</span>').format(", ".join(words)) if words else NOTHING


def _revisions_html(user: UserRecord, review: ReviewHistory, revisions: Sequence[RevisionRecord]) -> Markup:
    if not revisions:
        return NOTHING
    button = Markup('<button type="button" data-restore="{}" data-version="{}">Restore</button>')
    rows = [
        (
            str(revision.version),
            moment(revision.at),
            revision.action,
            button.format(review.review_id, revision.version)
            if is_lead(user) and review.status != "submitted" and revision.version != review.version
            else "",
        )
        for revision in revisions
    ]
    return Markup("<details><summary>Saved versions ({})</summary>{}</details>").format(
        len(rows), table_html(("Version", "Saved (UTC)", "By", ""), rows)
    )


def _reopen_html(user: UserRecord, review: ReviewHistory) -> Markup:
    """Return the field and button by which a lead gives a submitted review back."""
    if not is_lead(user) or review.status != "submitted":
        return NOTHING
    return Markup(
        '<div class="rv-act"><input aria-label="Why reopen" placeholder="Why must it be looked at again?" '
        'maxlength="1000"><button type="button" data-reopen="{}">Reopen</button></div>'
    ).format(review.review_id)
