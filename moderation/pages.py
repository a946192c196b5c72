"""What the page of a case shows: of a held draft, or of a resident's contact."""

from dataclasses import dataclass
from typing import TypeVar

from flask import render_template, request

from moderation import advice, clocks, conversation, deciding, desks, queries, replying, service
from moderation.forms import (
    ByPhoneForm,
    DisposeForm,
    HandOverForm,
    NoteForm,
    ReleaseForm,
    ReopenForm,
    ReturnForm,
    StandardReplyForm,
    with_ids,
)
from moderation.models import Case, HandOver
from moderation.rows import name_of
from moderation.states import CaseState, HandOverState
from vcp.contacts.models import Contact
from vcp.kernel import clock
from vcp.kernel.db import session
from vcp.kernel.forms import BaseForm
from vcp.kernel.permissions import Permission, may, me
from vcp.posts import screening
from vcp.posts.previews import previews
from vcp.posts.revisions import channels_of
from vcp.posts.words import words_of

F = TypeVar("F", bound=BaseForm)


def case_page(case: Case, refused: BaseForm | None = None) -> str:
    """Return the page; `refused` is the form that was sent, with what is wrong with it."""
    queries.must_see(me(), case)
    if case.contact_id is None:
        return _hold_page(case, refused)
    return _contact_page(case, refused)


def _hold_page(case: Case, refused: BaseForm | None) -> str:
    words, verdict = words_of(case.revision), deciding.verdict_of(case)
    is_open = case.state is not CaseState.DISPOSED
    offered = deciding.offered(session(), case, me()) if is_open else []
    return render_template(
        "moderation/hold.html",
        case=case,
        is_open=is_open,
        clock=clocks.running(case, clock.now()),
        needs=deciding.needs(case),
        can_be_released=deciding.can_be_released(case),
        release_forms=[(need, _release_form(need.category, refused)) for need in offered],
        return_form=refused if isinstance(refused, ReturnForm) else ReturnForm(formdata=None),
        may_return=is_open and may(me(), Permission.RETURN_HOLDS, case.area_path),
        may_work=may(me(), Permission.WORK_CASES, case.area_path),
        since=clock.now(),
        form=refused,
        verdict=verdict,
        marked=screening.marked(words, verdict),
        previews=previews(
            case.post.persona, channels_of(session(), words), words, answers=case.post.answers
        ),
    )


def _release_form(category: str, refused: BaseForm | None) -> ReleaseForm:
    """Return the form of one category; ids differ, since a page may hold several."""
    if isinstance(refused, ReleaseForm) and refused.category.data == category:
        return refused
    form = ReleaseForm(formdata=None)
    form.category.data = category
    with_ids(form, category)
    return form


@dataclass(frozen=True)
class ContactForms:
    """The forms of a contact's case; the refused one is among them as it was sent."""

    note: NoteForm
    hand_over: HandOverForm
    dispose: DisposeForm
    reopen: ReopenForm
    standard: StandardReplyForm
    #: By the hand-over that it is for.
    by_phone: dict[int, ByPhoneForm]


def _contact_page(case: Case, refused: BaseForm | None) -> str:
    current, contact = session(), conversation.contact_of(session(), case)
    is_open = case.state is not CaseState.DISPOSED
    is_concerned = queries.is_concerned(current, me(), case)
    may_work = may(me(), Permission.WORK_CASES, case.area_path) and not is_concerned
    is_free = case.claimed_by_id in (None, me().id)
    may_act = is_open and may_work and is_free
    offer = replying.offer(current, case, contact, me()) if may_act else None
    answered = conversation.answered_first(case, contact)
    return render_template(
        "moderation/contact.html",
        case=case,
        contact=contact,
        name=name_of(case),
        is_open=is_open,
        may_work=may_work,
        barred=service.CONCERNED if is_concerned else "",
        may_act=may_act,
        is_mine=case.claimed_by_id == me().id,
        clock=clocks.running(case, clock.now()),
        said=conversation.whole(current, contact),
        earlier=conversation.earlier_of(current, contact, me()),
        advice=advice.advice_for(case.categories),
        asks_thrive=advice.asks_thrive(case.priority),
        others=[one for one in queries.of_contact(current, contact.id) if one != case.id],
        forms=_forms(case, contact, offer, refused),
        offer=offer,
        answered=answered if may(me(), Permission.WRITE_POSTS, contact.area_path) else None,
        waiting=[o for o in case.hand_overs if o.state is not HandOverState.ACKNOWLEDGED],
        since=clock.now(),
        form=refused,
    )


def _forms(
    case: Case, contact: Contact, offer: replying.Offer | None, refused: BaseForm | None
) -> ContactForms:
    hand_over, dispose = (
        _own(HandOverForm, "hand-over", refused),
        _own(DisposeForm, "dispose", refused),
    )
    choices = desks.in_use(session())
    hand_over.offer(choices)
    if refused is not hand_over:
        wanted = desks.code_for(case.categories.split(",")[0])
        hand_over.desk_id.data = next((d.id for d in choices if d.code == wanted), None)
    if refused is not dispose:
        dispose.close_contact.data = contact.due_at is None
    # Whoever reads this page has read what is new: their next try counts from here.
    hand_over.version.data = dispose.version.data = str(case.version)
    standard = _own(StandardReplyForm, "standard", refused)
    if offer is not None:
        standard.message_id.data, standard.sha256.data = str(offer.message.id), offer.reply.sha256
    return ContactForms(
        note=_own(NoteForm, "note", refused),
        hand_over=hand_over,
        dispose=dispose,
        reopen=_own(ReopenForm, "reopen", refused),
        standard=standard,
        by_phone={row.id: _by_phone(row, refused) for row in case.hand_overs},
    )


def _by_phone(row: HandOver, refused: BaseForm | None) -> ByPhoneForm:
    """Return the form for one hand-over; the refused one belongs to the address it was sent to."""
    sent_to = (request.view_args or {}).get("hand_over_id")
    form = refused if isinstance(refused, ByPhoneForm) and sent_to == row.id else None
    return _own(ByPhoneForm, f"by-phone-{row.id}", form)


def _own(kind: type[F], name: str, refused: BaseForm | None) -> F:
    """Return the form that was refused, if it is of this kind, or an empty one."""
    form = refused if isinstance(refused, kind) else kind(formdata=None)
    with_ids(form, name)
    return form
