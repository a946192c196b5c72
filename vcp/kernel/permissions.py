"""Roles, permissions, and the guard on every route.

A grant gives one role for an area and everything below it, by the area's path (`/1/4/`). A
decision maker's grant names the category that it is for. Being an administrator gives no power
over words: that is what the table below says, and a hand-written table in the tests checks it.
"""

import functools
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, Protocol, TypeVar, cast

from flask import current_app, request
from flask_login import current_user

from vcp.kernel.errors import NotAllowed

F = TypeVar("F", bound=Callable[..., Any])


class Role(StrEnum):
    """What a member of staff is, for an area."""

    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    MODERATOR = "moderator"
    DECISION_MAKER = "decision_maker"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """What a role may do."""

    USE_OWN_ACCOUNT = "use_own_account"
    SEE_POSTS = "see_posts"
    WRITE_POSTS = "write_posts"
    APPROVE_POSTS = "approve_posts"
    WITHDRAW_POSTS = "withdraw_posts"
    SEE_DELIVERIES = "see_deliveries"
    SETTLE_DELIVERIES = "settle_deliveries"
    SEE_PAUSES = "see_pauses"
    PAUSE_PUBLISHING = "pause_publishing"
    LIFT_PAUSES = "lift_pauses"
    SEE_CASES = "see_cases"
    RELEASE_HOLDS = "release_holds"
    RETURN_HOLDS = "return_holds"
    WORK_CASES = "work_cases"
    MANAGE_DESKS = "manage_desks"
    SEE_CONTACTS = "see_contacts"
    WORK_CONTACTS = "work_contacts"
    SEND_STANDARD_REPLIES = "send_standard_replies"
    SEE_STANDARD_REPLIES = "see_standard_replies"
    APPROVE_STANDARD_REPLIES = "approve_standard_replies"
    SEE_FIGURES = "see_figures"
    SEE_PERSONAS = "see_personas"
    PROPOSE_PERSONAS = "propose_personas"
    VERIFY_PERSONAS = "verify_personas"
    SEE_ALARMS = "see_alarms"
    WORK_ALARMS = "work_alarms"
    DISAVOW = "disavow"
    SEE_CHANNELS = "see_channels"
    CONNECT_CHANNELS = "connect_channels"
    CONFIRM_CHANNELS = "confirm_channels"
    SEE_AREAS = "see_areas"
    MANAGE_AREAS = "manage_areas"
    SEE_STAFF = "see_staff"
    MANAGE_STAFF = "manage_staff"
    SEE_TRAIL = "see_trail"
    EXPORT_TRAIL = "export_trail"
    SEE_MAILS = "see_mails"
    SEE_HEALTH = "see_health"


P = Permission
#: What they show isn't divided by area, so only a grant for the whole force gives them.
WHOLE_FORCE = frozenset({P.SEE_TRAIL, P.EXPORT_TRAIL, P.SEE_MAILS})
_EVERYBODY = {
    P.USE_OWN_ACCOUNT,
    P.SEE_AREAS,
    P.SEE_PERSONAS,
    P.SEE_CHANNELS,
    P.SEE_PAUSES,
    P.SEE_ALARMS,
}
#: Who may stop publishing may take part in letting it go on. It lets out no words by itself:
#: what became due meanwhile waits for those who settle deliveries.
_CONTROL = {P.PAUSE_PUBLISHING, P.LIFT_PAUSES}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OFFICER: frozenset(
        _EVERYBODY
        | {
            P.SEE_POSTS,
            P.WRITE_POSTS,
            P.PROPOSE_PERSONAS,
            P.SEE_DELIVERIES,
            P.SEE_CONTACTS,
            P.WORK_CONTACTS,
            P.SEE_STANDARD_REPLIES,
            P.SEND_STANDARD_REPLIES,
        }
    ),
    Role.SUPERVISOR: frozenset(
        _EVERYBODY
        | _CONTROL
        | {
            P.SEE_POSTS,
            P.WRITE_POSTS,
            P.APPROVE_POSTS,
            P.WITHDRAW_POSTS,
            P.SEE_DELIVERIES,
            P.SETTLE_DELIVERIES,
            P.SEE_CASES,
            P.RETURN_HOLDS,
            P.PROPOSE_PERSONAS,
            P.VERIFY_PERSONAS,
            P.CONFIRM_CHANNELS,
            P.WORK_ALARMS,
            P.DISAVOW,
            P.SEE_STAFF,
            P.WORK_CASES,
            P.SEE_CONTACTS,
            P.WORK_CONTACTS,
            P.SEE_STANDARD_REPLIES,
            P.SEND_STANDARD_REPLIES,
            P.APPROVE_STANDARD_REPLIES,
            P.SEE_FIGURES,
        }
    ),
    Role.MODERATOR: frozenset(
        _EVERYBODY
        | {
            P.SEE_POSTS,
            P.SEE_CASES,
            P.RETURN_HOLDS,
            P.SEE_DELIVERIES,
            P.WORK_ALARMS,
            P.DISAVOW,
            P.WORK_CASES,
            P.SEE_CONTACTS,
            P.WORK_CONTACTS,
            P.SEE_STANDARD_REPLIES,
            P.SEND_STANDARD_REPLIES,
            P.SEE_FIGURES,
        }
    ),
    Role.DECISION_MAKER: frozenset(
        _EVERYBODY
        | _CONTROL
        | {
            P.SEE_POSTS,
            P.SEE_CASES,
            P.RELEASE_HOLDS,
            P.RETURN_HOLDS,
        }
    ),
    Role.AUDITOR: frozenset(
        _EVERYBODY
        | {
            P.SEE_POSTS,
            P.SEE_CASES,
            P.SEE_DELIVERIES,
            P.SEE_STAFF,
            P.SEE_TRAIL,
            P.EXPORT_TRAIL,
            P.SEE_STANDARD_REPLIES,
            P.SEE_FIGURES,
        }
    ),
    Role.ADMINISTRATOR: frozenset(
        _EVERYBODY
        | _CONTROL
        | {
            P.CONNECT_CHANNELS,
            P.WORK_ALARMS,
            P.MANAGE_AREAS,
            P.SEE_STAFF,
            P.MANAGE_STAFF,
            P.SEE_HEALTH,
            P.SEE_MAILS,
            P.MANAGE_DESKS,
        }
    ),
}


class Grant(Protocol):
    """One role for one area and everything below it."""

    role: Any
    area_path: Any
    category: Any


class Person(Protocol):
    """A member of staff, as services see them."""

    id: Any
    display_name: Any

    @property
    def actor_id(self) -> str:
        """The random name that the trail uses."""

    @property
    def grants(self) -> Sequence[Grant]:
        """The roles in force now: none for a person who is suspended or has left."""


def allowed_paths(
    person: Person, permission: Permission, *, category: str | None = None
) -> list[str]:
    """Return the paths of the areas for which the person has this permission.

    With a category, grants for other categories don't count; grants for a part of the force
    don't for what isn't divided by area.
    """
    return [
        grant.area_path
        for grant in person.grants
        if permission in ROLE_PERMISSIONS[Role(grant.role)]
        and (permission not in WHOLE_FORCE or _is_force(grant.area_path))
        and (category is None or grant.category in (None, "", category))
    ]


def _is_force(area_path: str) -> bool:
    """Say whether this is the path of the widest area, such as `/1/`."""
    return area_path.count("/") == 2  # noqa: PLR2004 - one at each end


def may(
    person: Person, permission: Permission, area_path: str, *, category: str | None = None
) -> bool:
    """Say whether the person has this permission for this area."""
    return any(
        area_path.startswith(path) for path in allowed_paths(person, permission, category=category)
    )


def check(
    person: Person,
    permission: Permission,
    area_path: str,
    *,
    category: str | None = None,
    subject_kind: str = "area",
    subject_id: object = "",
) -> None:
    """Let the person go on, or refuse.

    Raises: NotAllowed when no role of theirs gives this permission for this area.
    """
    if not may(person, permission, area_path, category=category):
        raise NotAllowed(
            f"Your roles don't let you {permission.value.replace('_', ' ')} here. If you need to, "
            "ask an administrator for the role in this area.",
            attempted=permission.value,
            subject_kind=subject_kind,
            subject_id=subject_id or area_path,
        )


def me() -> Person:
    """Return the signed-in person; only behind a route that requires a permission."""
    return cast(Person, current_user.user)


def requires(permission: Permission, *, decides: bool = False) -> Callable[[F], F]:
    """Guard a route: the person must have this permission in some area.

    Which area is checked by the service, which knows what is being touched. `decides` marks the
    steps that need a fresh second factor; `vcp.users` sends the person to give it.
    """

    def guard(view: F) -> F:
        @functools.wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not current_user.is_authenticated:
                return current_app.login_manager.unauthorized()  # type: ignore[attr-defined]  # Flask-Login's
            person = me()
            if not allowed_paths(person, permission):
                raise NotAllowed(
                    "Your roles don't include this page. Ask an administrator if you need it.",
                    attempted=permission.value,
                    subject_id=request.endpoint or "",
                )
            if decides and (asked := current_app.extensions["vcp_ask_factor"]()) is not None:
                return asked
            return view(*args, **kwargs)

        guarded.vcp_permission = permission  # type: ignore[attr-defined]  # read by `vcp routes`
        guarded.vcp_decides = decides  # type: ignore[attr-defined]
        return cast(F, guarded)

    return guard


def public(view: F) -> F:
    """Mark a route that anybody may use."""
    view.vcp_permission = "public"  # type: ignore[attr-defined]  # read by `vcp routes`
    return view
