"""Pages of the personas: the list, one persona, proposing, editing, verifying, leave."""

from datetime import date, timedelta

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from officer_profiles import block, queries, service
from officer_profiles.forms import (
    EditForm,
    EndForm,
    LeaveForm,
    MemberForm,
    PersonaForm,
    ProposeForm,
    ReasonForm,
    VerifyForm,
    end_of,
)
from officer_profiles.models import CapabilityKind, Persona, PersonaKind
from officer_profiles.states import PersonaState
from vcp.areas import queries as areas
from vcp.channels import queries as channels
from vcp.kernel import clock
from vcp.kernel.db import session, transaction
from vcp.kernel.errors import Invalid
from vcp.kernel.forms import BaseForm, options
from vcp.kernel.media import media_url
from vcp.kernel.pages import paginate
from vcp.kernel.permissions import Permission, check, may, me, requires
from vcp.kernel.settings import Settings
from vcp.users import queries as users

bp = Blueprint("personas", __name__, url_prefix="/staff/personas")

#: What a form offers for a last day.
USUAL = timedelta(days=180)


@bp.get("")
@requires(Permission.SEE_PERSONAS)
def index() -> ResponseReturnValue:
    """List the personas of the person's areas."""
    wanted = request.args.get("state", "")
    state = PersonaState(wanted) if wanted in set(PersonaState) else None
    page = paginate(
        session(), queries.visible_rows(me(), state), request.args.get("page", 1, type=int)
    )
    return render_template(
        "personas/list.html",
        page=page,
        state=state,
        states=list(PersonaState),
        waiting=queries.to_verify(session(), me()),
        may_propose=bool(areas.choices(session(), me(), Permission.PROPOSE_PERSONAS)),
    )


@bp.get("/<int:persona_id>")
@requires(Permission.SEE_PERSONAS)
def show(persona_id: int) -> ResponseReturnValue:
    """Show one persona as residents read it, and what stands behind it."""
    persona = queries.visible_to(session(), persona_id, me())
    return render_template(
        "personas/show.html",
        persona=persona,
        members=queries.members(persona),
        leaves=sorted(
            (leave for leave in persona.capabilities if leave.revoked_at is None),
            key=lambda leave: (leave.channel.name, leave.kind),
        ),
        now=clock.now(),
        photo_url=_photo_url(persona),
        missing=block.missing(persona, _numbers()),
        stopped=queries.persona_stopped_because(session(), persona),
        is_supervisor=may(me(), Permission.VERIFY_PERSONAS, persona.area_path),
        is_member=me().id in queries.member_ids(persona),
        is_stake_holder=me().id in queries.stake_holders(persona),
        member_form=MemberForm(formdata=None),
    )


@bp.route("/propose", methods=["GET", "POST"])
@requires(Permission.PROPOSE_PERSONAS)
def propose() -> ResponseReturnValue:
    """Put a persona on the list as a draft."""
    form = ProposeForm(**_first_words())
    form.area_id.choices = options(areas.choices(session(), me(), Permission.PROPOSE_PERSONAS))
    if form.validate_on_submit():
        try:
            form.take_photo(_settings())
            with transaction() as current:
                persona_id = service.propose(
                    current,
                    PersonaKind(form.kind.data),
                    form.area_id.data,
                    form.words(),
                    by=me(),
                    member_ids=_member(form.members.data or ""),
                ).id
        except Invalid as error:
            form.refuse(error)
        else:
            flash("Proposed. A supervisor of the area, not you, verifies it.", "success")
            return redirect(url_for(".show", persona_id=persona_id), 303)
    return _page("personas/propose.html", form)


@bp.route("/<int:persona_id>/edit", methods=["GET", "POST"])
@requires(Permission.SEE_PERSONAS)
def edit(persona_id: int) -> ResponseReturnValue:
    """Change what the public reads."""
    persona = queries.visible_to(session(), persona_id, me())
    service.check_may_edit(persona, me())
    form = EditForm(obj=persona)
    if form.validate_on_submit():
        try:
            form.take_photo(_settings())
            with transaction() as current:
                version = int(form.version.data or 0)
                service.edit(current, persona_id, form.words(), by=me(), version=version)
        except Invalid as error:
            form.refuse(error)
        else:
            flash("Saved.", "success")
            return redirect(url_for(".show", persona_id=persona_id), 303)
    return _page("personas/edit.html", form, persona=persona)


@bp.route("/<int:persona_id>/verify", methods=["GET", "POST"])
@requires(Permission.VERIFY_PERSONAS, decides=True)
def verify(persona_id: int) -> ResponseReturnValue:
    """Vouch that this persona is this officer, for the first time or again."""
    persona = _decided_by_me(persona_id)
    vouch = service.verify if persona.state == PersonaState.DRAFT else service.renew
    form = VerifyForm(expires_on=_usual_day())
    if form.validate_on_submit():
        try:
            with transaction() as current:
                ends = end_of(form.expires_on.data or date.min, _settings().zone)
                basis = form.basis.data or ""
                vouch(current, persona_id, basis, ends, by=me(), numbers=_numbers())
        except Invalid as error:
            form.refuse(error)
        else:
            flash("Verified. The persona is in the public register.", "success")
            return redirect(url_for(".show", persona_id=persona_id), 303)
    return _page(
        "personas/verify.html",
        form,
        persona=persona,
        members=queries.members(persona),
        missing=block.missing(persona, _numbers()),
        photo_url=_photo_url(persona),
    )


@bp.route("/<int:persona_id>/suspend", methods=["GET", "POST"])
@requires(Permission.VERIFY_PERSONAS)
def suspend(persona_id: int) -> ResponseReturnValue:
    """Stop everything that this persona says."""
    return _with_reason(persona_id, "suspend", "Suspended. Nothing more goes out in this name.")


@bp.route("/<int:persona_id>/restore", methods=["GET", "POST"])
@requires(Permission.VERIFY_PERSONAS)
def restore(persona_id: int) -> ResponseReturnValue:
    """Let a suspended persona speak again."""
    return _with_reason(persona_id, "restore", "Restored. The persona may speak again.")


@bp.route("/<int:persona_id>/end", methods=["GET", "POST"])
@requires(Permission.VERIFY_PERSONAS)
def end(persona_id: int) -> ResponseReturnValue:
    """End a persona and name who comes after."""
    persona = _decided_by_me(persona_id)
    form = EndForm()
    offered = [(other.id, other.display_name) for other in queries.successors(session(), persona)]
    form.successor_id.choices = options([(0, "Nobody yet"), *offered])
    if form.validate_on_submit():
        try:
            with transaction() as current:
                after = form.successor_id.data or None
                reason = form.reason.data or ""
                service.end(current, persona_id, reason, by=me(), successor_id=after)
        except Invalid as error:
            form.refuse(error)
        else:
            flash("Ended. Its page stays as an archive.", "success")
            return redirect(url_for(".show", persona_id=persona_id), 303)
    return _page("personas/end.html", form, persona=persona)


@bp.post("/<int:persona_id>/members")
@requires(Permission.VERIFY_PERSONAS)
def add_member(persona_id: int) -> ResponseReturnValue:
    """Let one more person speak as an office."""
    persona = _decided_by_me(persona_id)
    form = MemberForm()
    if form.validate_on_submit():
        try:
            with transaction() as current:
                user_id = _user_id(form.user_id.data or "", "user_id")
                service.add_member(current, persona_id, user_id, by=me())
        except Invalid as error:
            form.refuse(error)
        else:
            flash("Added.", "success")
            return redirect(url_for(".show", persona_id=persona_id), 303)
    return _page("personas/member.html", form, persona=persona)


@bp.post("/<int:persona_id>/members/<int:user_id>/remove")
@requires(Permission.VERIFY_PERSONAS)
def remove_member(persona_id: int, user_id: int) -> ResponseReturnValue:
    """Let a person no longer speak as an office."""
    with transaction() as current:
        service.remove_member(current, persona_id, user_id, by=me())
    flash("Removed.", "success")
    return redirect(url_for(".show", persona_id=persona_id), 303)


@bp.route("/<int:persona_id>/leave", methods=["GET", "POST"])
@requires(Permission.VERIFY_PERSONAS, decides=True)
def leave(persona_id: int) -> ResponseReturnValue:
    """Give leave for one thing on one channel."""
    persona = _decided_by_me(persona_id)
    form = LeaveForm(expires_on=_usual_day())
    usable = channels.usable(session(), persona.area_path)
    form.channel_id.choices = options((channel.id, channel.name) for channel in usable)
    if form.validate_on_submit():
        try:
            with transaction() as current:
                service.grant_capability(
                    current,
                    persona_id,
                    form.channel_id.data,
                    CapabilityKind(form.kind.data),
                    end_of(form.expires_on.data or date.min, _settings().zone),
                    by=me(),
                )
        except Invalid as error:
            form.refuse(error)
        else:
            flash("Leave given.", "success")
            return redirect(url_for(".show", persona_id=persona_id), 303)
    return _page("personas/leave.html", form, persona=persona)


@bp.post("/leave/<int:capability_id>/revoke")
@requires(Permission.VERIFY_PERSONAS)
def revoke(capability_id: int) -> ResponseReturnValue:
    """Take a leave back."""
    with transaction() as current:
        given = service.revoke_capability(current, capability_id, by=me())
        persona_id = given.persona_id
    flash("Taken back. What waits for it is stopped.", "success")
    return redirect(url_for(".show", persona_id=persona_id), 303)


def _with_reason(persona_id: int, verb: str, done: str) -> ResponseReturnValue:
    persona = _decided_by_me(persona_id)
    form = ReasonForm()
    if form.validate_on_submit():
        move = service.suspend if verb == "suspend" else service.restore
        with transaction() as current:
            move(current, persona_id, form.reason.data or "", by=me())
        flash(done, "success")
        return redirect(url_for(".show", persona_id=persona_id), 303)
    return _page("personas/reason.html", form, persona=persona, verb=verb)


def _decided_by_me(persona_id: int) -> Persona:
    """Return the persona for a supervisor of its area, before any form is shown."""
    persona = queries.visible_to(session(), persona_id, me())
    check(
        me(),
        Permission.VERIFY_PERSONAS,
        persona.area_path,
        subject_kind="persona",
        subject_id=persona_id,
    )
    return persona


def _page(template: str, form: BaseForm, **shown: object) -> ResponseReturnValue:
    if isinstance(form, PersonaForm):
        shown["photo_url"] = form.photo_url
    page = render_template(template, form=form, **shown)
    return page, 422 if form.is_submitted() else 200


def _member(email: str) -> tuple[int, ...]:
    return (_user_id(email, "members"),) if email else ()


def _user_id(email: str, field: str) -> int:
    user = users.by_email(session(), email)
    if user is None:
        raise Invalid("No member of staff has this e-mail address. Check it.", field)
    found: int = user.id
    return found


def _first_words() -> dict[str, str]:
    """Return what a new persona's form begins with, for the officer to make their own."""
    own = _settings()
    return {
        "cannot_do": "I can't take reports of crime here, and I don't read this round the clock.",
        "who_else": (
            f"In an emergency ring {own.emergency_number}. If it is not an emergency ring "
            f"{own.non_emergency_number} or report it at {own.report_url}. To stay anonymous ring "
            "Crimestoppers, an independent charity, on 0800 555 111."
        ),
    }


def _usual_day() -> date:
    return clock.now().astimezone(_settings().zone).date() + USUAL


def _photo_url(persona: Persona) -> str | None:
    if persona.photo_digest is None or persona.photo_media_type is None:
        return None
    return media_url(persona.photo_digest, persona.photo_media_type)


def _numbers() -> tuple[str, str]:
    own = _settings()
    return own.emergency_number, own.non_emergency_number


def _settings() -> Settings:
    settings: Settings = current_app.extensions["vcp_settings"]
    return settings
