"""Saved templates: written by those who write posts of an area, used to start a draft.

A template approves nothing: what is made of it is a draft like any other.
"""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from officer_profiles import queries as personas
from vcp.areas import queries as areas
from vcp.channels.queries import is_near, near
from vcp.kernel import clock
from vcp.kernel.audit import record
from vcp.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from vcp.kernel.permissions import Permission, Person, allowed_paths, check, may
from vcp.posts import gaps, service
from vcp.posts.models import Post
from vcp.posts.template_models import PostTemplate
from vcp.posts.words import LONGEST_WARNING, Words

KIND = "post_template"
LONGEST_NAME = 100
LONGEST_TEXT = 5_000
LONGEST_LANGUAGE = 8
LONGEST_VALUE = 300
MOST_GAPS = 12


def add(session: Session, area_id: int, name: str, words: Words, *, by: Person) -> PostTemplate:
    """Save words with gaps for everybody who writes in this area or below it.

    Raises: NotFound; NotAllowed unless the person writes posts of the area; Invalid.
    """
    area = areas.by_id(session, area_id)
    check(by, Permission.WRITE_POSTS, area.path, subject_kind=KIND)
    template = PostTemplate(area=area, area_path=area.path)
    _write(template, name, words, by=by)
    session.add(template)
    session.flush()
    record(session, by, "add", KIND, template.id, name=template.name, area=area.slug)
    return template


def change(
    session: Session, template_id: int, name: str, words: Words, *, by: Person
) -> PostTemplate:
    """Write other words; drafts that were made of the old ones stay as they are.

    Raises: NotFound; NotAllowed; Conflict when it is out of use; Invalid.
    """
    template = to_change(session, template_id, by=by)
    _write(template, name, words, by=by)
    session.flush()
    record(session, by, "edit", KIND, template.id, name=template.name)
    return template


def retire(session: Session, template_id: int, *, by: Person) -> PostTemplate:
    """Take a template out of use; what was made of it stays.

    Raises: NotFound; NotAllowed; Conflict when it is out of use already.
    """
    template = to_change(session, template_id, by=by)
    template.retired_at = clock.now()
    record(session, by, "retire", KIND, template.id, name=template.name)
    return template


def use(
    session: Session, template_id: int, persona_id: int, values: Mapping[str, str], *, by: Person
) -> Post:
    """Start a draft in this persona's name; a gap without a value stays, and stops a submit.

    Raises: NotFound; NotAllowed for a template of another area, or a persona that isn't theirs;
    Conflict when it is out of use; Invalid for a value that can't be used.
    """
    template = visible_to(session, template_id, by)
    _must_be_in_use(template)
    kept = {name: value.strip() for name, value in values.items()}
    for name, value in kept.items():
        if len(value) > LONGEST_VALUE or "\n" in value:
            raise Invalid(f"“{name}” holds a line of {LONGEST_VALUE} characters. Shorten it.", name)
        if set("{}") & set(value):
            raise Invalid(f"Write “{name}” without braces: they are for gaps.", name)
    persona = personas.by_id(session, persona_id)
    channels = personas.channels_for(session, persona)
    words = Words(
        text=gaps.filled(template.text, kept),
        language=template.language,
        content_warning=gaps.filled(template.content_warning or "", kept) or None,
        channel_ids=tuple(channel.id for channel in channels),
    )
    post = service.create_draft(session, persona_id, words, by=by)
    record(session, by, "use", KIND, template.id, post=post.id)
    return post


def visible_to(session: Session, template_id: int, person: Person) -> PostTemplate:
    """Return a template of the person's areas, or of the wider areas around them.

    Raises: NotFound; NotAllowed.
    """
    template = session.get(PostTemplate, template_id)
    if template is None:
        raise NotFound("There is no such template. Choose one from the list.")
    if not is_near(template.area_path, allowed_paths(person, Permission.WRITE_POSTS)):
        raise NotAllowed(
            "This template belongs to another area. Use one of yours, or write your own.",
            attempted=Permission.WRITE_POSTS.value,
            subject_kind=KIND,
            subject_id=template_id,
        )
    return template


def to_change(session: Session, template_id: int, *, by: Person) -> PostTemplate:
    """Return a template whose words the person may change.

    Raises: NotFound; NotAllowed; Conflict when it is out of use.
    """
    template = session.get(PostTemplate, template_id)
    if template is None:
        raise NotFound("There is no such template. Choose one from the list.")
    check(by, Permission.WRITE_POSTS, template.area_path, subject_kind=KIND, subject_id=template_id)
    _must_be_in_use(template)
    return template


def in_use(session: Session, person: Person) -> list[PostTemplate]:
    """Return the templates that the person may start from, by name."""
    paths = allowed_paths(person, Permission.WRITE_POSTS)
    rows = select(PostTemplate).where(
        PostTemplate.retired_at.is_(None), near(PostTemplate.area_path, paths)
    )
    return list(session.scalars(rows.order_by(PostTemplate.name, PostTemplate.id)))


def may_change(person: Person, template: PostTemplate) -> bool:
    """Say whether the person may write other words, or take it out of use."""
    return may(person, Permission.WRITE_POSTS, template.area_path)


def names_of(template: PostTemplate) -> list[str]:
    """Return the names of its gaps, in the order in which they are asked for."""
    return gaps.names_in((template.text, template.content_warning or ""))


def _must_be_in_use(template: PostTemplate) -> None:
    if template.retired_at is not None:
        raise Conflict("This template is out of use. Choose another from the list.")


def _write(template: PostTemplate, name: str, words: Words, *, by: Person) -> None:
    words, name = words.clean(), " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise Invalid(f"Give the template a name of at most {LONGEST_NAME} characters.", "name")
    if not words.text or len(words.text) > LONGEST_TEXT:
        raise Invalid(f"Write the text: at most {LONGEST_TEXT:,} characters.", "text")
    if len(words.content_warning or "") > LONGEST_WARNING:
        raise Invalid(
            f"A content warning holds at most {LONGEST_WARNING} characters. Shorten it.",
            "content_warning",
        )
    if not words.language or len(words.language) > LONGEST_LANGUAGE:
        raise Invalid("Choose the language that it is written in.", "language")
    fields = words.fields()
    for field, text in fields.items():
        if problem := gaps.problem_with(text):
            raise Invalid(problem, field)
    if len(gaps.names_in(fields.values())) > MOST_GAPS:
        raise Invalid(f"A template has at most {MOST_GAPS} gaps. Leave some out.", "text")
    template.name, template.text = name, words.text
    template.content_warning, template.language = words.content_warning, words.language
    template.written_by_id, template.written_at = by.id, clock.now()
