"""E-mails about cases of contacts: to a desk that must act, to supervisors when something waits.

The mail to a desk holds the resident's words, since it must be able to act on the mail alone; it
stays inside the force. Mails to supervisors hold none.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from moderation.models import Case, HandOver
from vcp.contacts import access
from vcp.contacts.events import AnswerMissed
from vcp.contacts.models import Contact, Message
from vcp.kernel import mail
from vcp.kernel.permissions import Permission, allowed_paths
from vcp.kernel.visible import cleaned
from vcp.posts import in_force
from vcp.triage.inbound_categories import INBOUND
from vcp.users import queries as users
from vcp.users.models import User

#: Longest part of one message in a mail, and how many messages: enough to act, no more.
LONGEST = 1_500
MOST = 3


def category_name(code: str) -> str:
    """Return what people call a category."""
    return INBOUND[code].name if code in INBOUND else code.replace("_", " ").capitalize()


def handed_over(session: Session, row: HandOver, token: str, *, until: datetime) -> None:
    """Write to the desk what happened, and how to say that it has it."""
    case = session.get_one(Case, row.case_id)
    contact = session.get_one(Contact, case.contact_id)
    what = category_name(case.categories.split(",")[0])
    lines = [
        f"{case.priority}: {what}. Case {case.id}, {contact.area.name}.",
        "",
        f"{row.sent_by.display_name} hands this over to {row.desk.name}.",
        f"Say that you have it by {_local(row.due_at)}:",
        "",
        in_force.page(f"/acknowledge/{token}"),
        "",
        f"The link works once, until {_local(until)}. What was written:",
        *(line for message in _telling(contact, case) for line in _quoted(message)),
    ]
    if contact.place:
        lines += ["", f"Place: {cleaned(contact.place)}"]
    if row.note:
        lines += ["", "From the digital desk:", *row.note.splitlines()]
    subject = f"{case.priority} hand-over: {what}, case {case.id}"
    mail.write(session, row.desk.email, subject, "\n".join(lines) + "\n", urgent=True)


def hand_over_overdue(session: Session, case: Case, row: HandOver) -> None:
    """Write to every supervisor of the area that a desk has not said that it has a P1."""
    how = f" Ring {row.desk.phone}." if row.desk.phone else ""
    for person in supervisors(session, case.area_path):
        mail.write(
            session,
            person.email,
            f"{case.priority} not acknowledged by {row.desk.name}: case {case.id}",
            f"{row.desk.name} was given case {case.id} at {_local(row.sent_at)} and has not said "
            f"that it has it.{how} Then write down who took it:\n\n{_page(case)}\n",
            urgent=True,
        )


def still_waiting(session: Session, case: Case, quarter: int, due_at: datetime) -> None:
    """Write to the nearest supervisors that so much of a case's clock has run."""
    part = {1: "A quarter", 2: "Half", 3: "Three quarters"}[quarter]
    what = category_name(case.categories.split(",")[0]).lower()
    who = f"{case.claimed_by.display_name} has it." if case.claimed_by else "Nobody has taken it."
    for person in nearest(supervisors(session, case.area_path), case.area_path):
        mail.write(
            session,
            person.email,
            f"{case.priority} still waiting: case {case.id}",
            f"{part} of the time for case {case.id} ({what}) has passed; it must be acted on by "
            f"{_local(due_at)}. {who}\n\n{_page(case)}\n",
            urgent=case.priority == "P1",
        )


def answer_missed(session: Session, event: AnswerMissed) -> None:
    """Write to the nearest supervisors that a resident had no answer in time."""
    contact = session.get_one(Contact, event.contact_id)
    everybody = supervisors(session, contact.area_path)
    # Somebody other than who didn't answer, where there is one.
    others = [one for one in everybody if not access.speaks_for(session, one, contact)]
    to = contact.persona.display_name if contact.persona else contact.area.name
    for person in nearest(others or everybody, contact.area_path):
        mail.write(
            session,
            person.email,
            f"A resident had no answer: contact {contact.id}",
            f"A resident wrote to {to} and tells us that no answer came in time. See that they "
            f"get one:\n\n{in_force.page(f'/staff/contacts/{contact.id}')}\n",
        )


def supervisors(session: Session, area_path: str) -> list[User]:
    """Return who supervises this area: they may approve there, and work cases."""
    return users.with_permission(session, Permission.APPROVE_POSTS, area_path)


def nearest(people: list[User], area_path: str) -> list[User]:
    """Return those of the people whose own area is the nearest to this one."""

    def covering(person: User) -> int:
        paths = allowed_paths(person, Permission.APPROVE_POSTS)
        return max((len(path) for path in paths if area_path.startswith(path)), default=0)

    closest = max(map(covering, people), default=0)
    return [person for person in people if covering(person) == closest]


def _telling(contact: Contact, case: Case) -> list[Message]:
    """Return the messages that a desk needs: the gravest ones, and the newest."""
    grave = [m for m in contact.messages if m.priority == case.priority][-MOST + 1 :]
    newest = [m for m in contact.messages[-1:] if m not in grave]
    return grave + newest


def _quoted(message: Message) -> list[str]:
    """Return a message line by line, each marked, so that nothing in it passes for our words."""
    text = cleaned(message.text)
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]} … (the rest is on the case's page)"
    who = " ".join(cleaned(f"{message.display_name} {message.handle}").split())
    where = message.channel.name
    head = f"{_local(message.posted_at)}, {who}, on {where}:"
    link = [f"  {message.url}"] if message.url and message.url.startswith("https://") else []
    media = [f"> [{item.get('kind', 'media')}]" for item in message.media]
    return ["", head, *(f"> {line}" for line in text.splitlines()), *media, *link]


def _page(case: Case) -> str:
    return in_force.page(f"/staff/cases/{case.id}")


def _local(at: datetime) -> str:
    local = at.astimezone(in_force.zone())
    return f"{local.day} {local:%B %Y, %H:%M %Z}"
