"""Budgets: how much a persona, and the whole force, may post before somebody looks.

Whoever steals a supervisor's session, or a script that runs wild, posts far more than people do.
The post that would go over a budget doesn't leave: it trips a breaker, a pause that two people
lift. Answers to residents have a number of their own, so that the desk can answer in an incident.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, or_, select
from sqlalchemy.orm import Session, lazyload

from officer_profiles import queries as personas
from officer_profiles.models import Persona
from vcp.areas import queries as areas
from vcp.areas.models import Area, AreaKind
from vcp.kernel import clock, mail
from vcp.kernel.audit import record
from vcp.kernel.context import Machine
from vcp.kernel.errors import Invalid, NotAllowed, NotFound
from vcp.kernel.permissions import Permission, Person, allowed_paths, check
from vcp.kernel.settings import USUAL_BUDGETS, Settings
from vcp.posts import in_force, pausing
from vcp.posts.models import Delivery, Post
from vcp.posts.pause_models import Pause, PauseScope, PersonaBudget, Stops
from vcp.posts.states import PostState
from vcp.users import queries as users

BREAKER = Machine("posting budget")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: Below a budget by more than this nothing is locked: so many may be claimed at one moment.
NEAR = 200
MOST = 10_000
#: The settings that hold the usual numbers.
NAMES = tuple(USUAL_BUDGETS)
_OF_DELIVERIES = (
    select(
        Delivery.id, Post.id, Post.answers_id, Persona.id, PersonaBudget.posts_per_hour,
        PersonaBudget.posts_per_day,
    )
    .select_from(Delivery)
    .join(Post, Post.id == Delivery.post_id)
    .join(Persona, Persona.id == Post.persona_id)
    .outerjoin(PersonaBudget, PersonaBudget.persona_id == Persona.id)
    .where(
        Delivery.id.in_(bindparam("delivery_ids", expanding=True)),
        Post.state == PostState.SCHEDULED,
    )
    .order_by(Delivery.due_at, Delivery.created_at, Delivery.id)
)  # fmt: skip


@dataclass(frozen=True)
class Budget:
    """One number, and whose it is; `persona_id` None: the whole force's."""

    limit: int
    span: timedelta
    stops: Stops
    persona_id: int | None

    @property
    def words(self) -> str:
        """Say it: 30 posts an hour."""
        an = "an hour" if self.span == HOUR else "a day"
        return f"{self.limit} {self.stops.value} {an}"


def within(
    session: Session, delivery_ids: Collection[uuid.UUID], settings: Settings
) -> set[uuid.UUID]:
    """Return those whose posts may begin to leave; over a budget, trip the breaker.

    A post counts once, when its first copy leaves, and a correction not at all.
    """
    rows = session.execute(_OF_DELIVERIES, {"delivery_ids": list(delivery_ids)}).all()
    allowed = set(delivery_ids) - {row[0] for row in rows}
    left: dict[Budget, int] = {}
    begun: set[int] = set()
    asked = {row[1] for row in rows}
    for delivery_id, post_id, answers_id, persona_id, *own in rows:
        mine = _budgets(
            settings, persona_id, is_answer=answers_id is not None, own=(own[0], own[1])
        )
        if post_id not in begun and not all(_has_room(session, one, left, asked) for one in mine):
            continue
        if post_id not in begun:
            begun.add(post_id)
            left |= {one: left[one] - 1 for one in mine}
        allowed.add(delivery_id)
    return allowed


def _has_room(
    session: Session, budget: Budget, left: dict[Budget, int], asked: Collection[int]
) -> bool:
    if budget not in left:
        left[budget] = _left(session, budget, asked)
    if left[budget] <= 0 and _breaker(session, budget) is None:
        _trip(session, budget)
    return left[budget] > 0


def _budgets(
    settings: Settings, persona_id: int, *, is_answer: bool, own: tuple[int | None, int | None]
) -> list[Budget]:
    if is_answer:
        number = settings.budget("persona_answers_per_hour")
        found = [Budget(number, HOUR, Stops.ANSWERS, persona_id)]
    else:
        hour, day = (
            settings.budget(name) if number is None else number
            for number, name in zip(
                own, ("persona_posts_per_hour", "persona_posts_per_day"), strict=True
            )
        )
        found = [
            Budget(hour, HOUR, Stops.POSTS, persona_id),
            Budget(day, DAY, Stops.POSTS, persona_id),
            Budget(settings.budget("force_posts_per_hour"), HOUR, Stops.POSTS, None),
        ]
    return [budget for budget in found if budget.limit]


def _left(session: Session, budget: Budget, asked: Collection[int]) -> int:
    """Return how many of these posts, and others, may begin to leave at this moment."""
    left = budget.limit - spent(session, budget)
    if left > NEAR + len(asked):
        return left
    # Two claims at one moment must see each other, or both take the last one.
    if budget.persona_id is not None:
        lock = select(Persona.id).where(Persona.id == budget.persona_id)
    else:
        lock = select(Area.id).where(Area.kind == AreaKind.FORCE)
    session.execute(lock.with_for_update(key_share=True))
    # Of these, another claim may just have let a first copy leave: a second is no further post.
    return budget.limit - spent(session, budget, besides=asked)


def spent(session: Session, budget: Budget, *, besides: Collection[int] = ()) -> int:
    """Return how many began to leave in the budget's span, since its breaker was last lifted."""
    since = clock.now() - budget.span
    lifted = session.scalar(
        select(func.max(Pause.lifted_at)).where(
            Pause.is_breaker, Pause.stops == budget.stops, _whose(budget)
        )
    )
    answers = Post.answers_id.is_not(None)
    rows = select(func.count()).where(
        Post.released_at > (max(since, lifted) if lifted else since),
        answers if budget.stops is Stops.ANSWERS else ~answers,
        Post.id.not_in(besides),
    )
    if budget.persona_id is not None:
        rows = rows.where(Post.persona_id == budget.persona_id)
    return session.scalar(rows) or 0


def _whose(budget: Budget) -> ColumnElement[bool]:
    if budget.persona_id is None:
        return Pause.scope == PauseScope.EVERYTHING
    return Pause.persona_id == budget.persona_id


def _breaker(session: Session, budget: Budget) -> int | None:
    return session.scalar(
        select(Pause.id).where(
            Pause.lifted_at.is_(None),
            Pause.is_breaker,
            Pause.stops == budget.stops,
            _whose(budget),
        )
    )


def _trip(session: Session, budget: Budget) -> None:
    """Pause whose budget it is, and tell everybody who may lift it."""
    if budget.persona_id is not None:
        persona = session.get_one(Persona, budget.persona_id)
        who, path, scope = persona.display_name, persona.area_path, PauseScope.PERSONA
    else:
        force = areas.force(session)
        who, path, scope = "The force", force.path if force else "", PauseScope.EVERYTHING
    reason = f"{who} is over its budget of {budget.words}."
    made = Pause(
        scope=scope,
        stops=budget.stops,
        area_path=path,
        persona_id=budget.persona_id,
        is_breaker=True,
    )
    pausing.start(session, made, reason, by=BREAKER)
    for person in users.with_permission(session, Permission.LIFT_PAUSES, path):
        mail.write(
            session,
            person.email,
            f"Stopped: {reason}",
            f"{reason} Nothing more of it goes out. If nobody you know wrote that much, somebody "
            "else may be using an account: look at what was posted before anything is lifted.\n\n"
            f"Two people lift it here: {in_force.page(pausing.CONTROL)}\n",
            urgent=True,
        )


def set_own(
    session: Session,
    persona_id: int,
    posts_per_hour: int | None,
    posts_per_day: int | None,
    *,
    by: Person,
) -> PersonaBudget:
    """Give a persona numbers of its own; None: as the settings say, 0: no limit.

    Raises: NotFound; NotAllowed without the role, or for who speaks as the persona; Invalid.
    """
    persona = session.get(Persona, persona_id)
    if persona is None:
        raise NotFound("There is no such persona. Choose one from the list.")
    check(
        by,
        Permission.VERIFY_PERSONAS,
        persona.area_path,
        subject_kind="persona",
        subject_id=persona_id,
    )
    if by.id in personas.member_ids(persona):
        raise NotAllowed(
            f"You speak as {persona.display_name}, so another supervisor sets its budget.",
            attempted="set_budget",
            subject_kind="persona",
            subject_id=persona_id,
        )
    for number, field in ((posts_per_hour, "posts_per_hour"), (posts_per_day, "posts_per_day")):
        if number is not None and not 0 <= number <= MOST:
            raise Invalid(f"Type a whole number from 0 to {MOST}, or nothing.", field)
    budget = session.get(PersonaBudget, persona_id) or PersonaBudget(persona_id=persona_id)
    budget.posts_per_hour, budget.posts_per_day = posts_per_hour, posts_per_day
    budget.set_by_id, budget.set_at = by.id, clock.now()
    session.add(budget)
    session.flush()
    numbers: dict[str, Any] = {"posts_per_hour": posts_per_hour, "posts_per_day": posts_per_day}
    record(session, by, "set_budget", "persona", persona_id, **numbers)
    return budget


def own_numbers(session: Session, person: Person) -> list[tuple[Persona, PersonaBudget]]:
    """Return the personas of this person's areas that have numbers of their own, by name."""
    paths = allowed_paths(person, Permission.VERIFY_PERSONAS)
    rows = session.execute(
        select(Persona, PersonaBudget)
        .join(PersonaBudget, PersonaBudget.persona_id == Persona.id)
        .where(or_(False, *(Persona.area_path.startswith(path) for path in paths)))
        .order_by(Persona.display_name)
        .options(lazyload("*"))
    )
    return [(row[0], row[1]) for row in rows]
