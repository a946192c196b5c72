"""`vcp posts`: the officer's and the supervisor's work without a browser, by the same rules."""

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from officer_profiles import queries as personas
from vcp.cli import drafts
from vcp.cli.acting import acting_as, app_at_work, as_option, json_option, otp_option, show
from vcp.cli.importing import import_file
from vcp.cli.options import instance_option
from vcp.kernel.db import session, transaction
from vcp.kernel.permissions import Person
from vcp.posts import queries, service
from vcp.posts.models import Post
from vcp.posts.tombstones import WithdrawalReason
from vcp.posts.words import Words

F = TypeVar("F", bound=Callable[..., Any])
Act = Callable[[Session, Person], Post]
COLUMNS = ("id", "persona", "state", "outward_state", "wanted_at", "text")
SHORT = 60


@click.group("posts")
def group() -> None:
    """Write, submit, approve, time and take down posts."""


group.add_command(import_file)


def _acting(command: F) -> F:
    """Give a command the options of everybody who acts."""
    for option in (json_option, otp_option, as_option, instance_option):
        command = option(command)
    return command


def _on_post(command: F) -> F:
    """Give a command the post that it is about, and the options of everybody who acts."""
    return click.argument("post_id", type=int)(_acting(command))


@group.command()
@click.option("--persona", "slug", required=True, help="Short name of the persona that speaks.")
@click.option("--text", default="", help="What is said.")
@click.option("--channel", "channels", type=int, multiple=True, help="Channel id; default: all.")
@click.option("--at", "wanted", default=None, help="Local time, such as 2026-03-29T09:30.")
@click.option("--fold", type=click.Choice(["0", "1"]), help="Which of two hours, in autumn.")
@click.option("--not-after", default=None, help="Last local time at which it may go out.")
@click.option("--image", "images", type=click.Path(exists=True, path_type=Path), multiple=True)
@click.option("--alt", "alts", multiple=True, help="What the image shows; one for each --image.")
@click.option("--language", default="en", help="Language code, such as en or cy.")
@click.option("--warning", default=None, help="Content warning.")
@click.option(
    "--further",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON file with the parts of a thread, other words for a network, a poll and options.",
)
@_acting
def create(  # noqa: PLR0913, PLR0917 - one option each
    slug: str,
    text: str,
    channels: tuple[int, ...],
    wanted: str | None,
    fold: str | None,
    not_after: str | None,
    images: tuple[Path, ...],
    alts: tuple[str, ...],
    language: str,
    warning: str | None,
    further: Path | None,
    **who: Any,
) -> None:
    """Keep new words as a draft."""
    if len(alts) > len(images):
        raise click.UsageError("There are more --alt than --image. Give one --alt for each image.")

    def act(current: Session, person: Person) -> Post:
        persona = personas.by_slug(current, slug)
        usable = [channel.id for channel in personas.channels_for(current, persona)]
        words = Words(
            text=text,
            language=language,
            content_warning=warning,
            images=drafts.kept(images, alts),
            channel_ids=channels or tuple(usable),
            wanted_local=wanted,
            wanted_fold=int(fold) if fold else None,
            not_after_local=not_after,
        )
        words = drafts.with_further(words, further)
        return service.create_draft(current, persona.id, words, by=person)

    _do(act, **who)


@group.command()
@click.option("--reason", default="", help="Why a warning of the screening may be passed over.")
@_on_post
def submit(post_id: int, reason: str, **who: Any) -> None:
    """Screen a draft and pass it on."""
    _do(lambda s, by: service.submit(s, post_id, by=by, warning_reason=reason), **who)


@group.command()
@click.option("--sha256", default=None, help="Hash of the words you read; default: the newest.")
@click.option("--answer", default="", help="Answer to a warning of the screening.")
@_on_post
def approve(post_id: int, sha256: str | None, answer: str, **who: Any) -> None:
    """Say yes to exactly these words."""

    def act(current: Session, person: Person) -> Post:
        post = service.found(current, post_id)
        sha = sha256 or service.newest(post).sha256
        service.approve(current, post_id, sha, by=person, warning_answer=answer)
        return post

    _do(act, **who)


@group.command("send-back")
@click.option("--reason", required=True, help="What should change; the author reads this.")
@_on_post
def send_back(post_id: int, reason: str, **who: Any) -> None:
    """Refuse the words, with a reason."""
    _do(lambda s, by: service.send_back(s, post_id, reason, by=by), **who)


@group.command("take-back")
@_on_post
def take_back(post_id: int, **who: Any) -> None:
    """Make a submitted post a draft again."""
    _do(lambda s, by: service.take_back(s, post_id, by=by), **who)


@group.command()
@click.option("--at", "wanted", default=None, help="Local time; default: now.")
@click.option("--fold", type=click.Choice(["0", "1"]), help="Which of two hours, in autumn.")
@click.option("--not-after", default=None, help="Last local time at which it may go out.")
@_on_post
def schedule(
    post_id: int, wanted: str | None, fold: str | None, not_after: str | None, **who: Any
) -> None:
    """Give an approved post whose time has passed a new one."""
    act: Act = functools.partial(_schedule, post_id, wanted, fold, not_after)
    _do(act, **who)


@group.command()
@click.option("--reason", default="", help="Why.")
@_on_post
def cancel(post_id: int, reason: str, **who: Any) -> None:
    """End a post that has not gone out."""
    _do(lambda s, by: service.cancel(s, post_id, by=by, reason=reason), **who)


@group.command()
@click.option(
    "--reason",
    type=click.Choice([reason.value for reason in WithdrawalReason]),
    required=True,
    help="What residents are told.",
)
@click.option("--note", default="", help="For the trail only.")
@_on_post
def withdraw(post_id: int, reason: str, note: str, **who: Any) -> None:
    """Take a post down everywhere."""
    public = WithdrawalReason(reason)
    _do(lambda s, by: service.withdraw(s, post_id, public, by=by, note=note), **who)


@group.command("list")
@instance_option
@json_option
def list_(instance: Path | None, *, as_json: bool) -> None:
    """List every post, oldest first."""
    with app_at_work(instance):
        rows = select(Post).order_by(Post.id).options(selectinload(Post.deliveries))
        posts = session().scalars(rows).unique()
        _show([as_row(post) for post in posts], as_json=as_json)


def as_row(post: Post) -> dict[str, Any]:
    """Return a post as documented in docs/operating.md."""
    revision = post.revision
    return {
        "id": post.id,
        "public_id": post.public_id,
        "persona": post.persona.slug,
        "author": post.author.email,
        "area_path": post.area_path,
        "state": post.state.value,
        "outward_state": queries.outward_state(post),
        "revision": revision.number if revision else None,
        "sha256": revision.sha256 if revision else None,
        "text": revision.text if revision else "",
        "channel_ids": sorted(t.channel_id for t in revision.targets) if revision else [],
        "wanted_at": post.wanted_at.isoformat() if post.wanted_at else None,
        "released_at": post.released_at.isoformat() if post.released_at else None,
    }


def _schedule(
    post_id: int,
    wanted: str | None,
    fold: str | None,
    not_after: str | None,
    current: Session,
    person: Person,
) -> Post:
    which = int(fold) if fold else None
    return service.schedule(
        current, post_id, wanted, by=person, fold=which, not_after_local=not_after
    )


def _do(act: Act, *, email: str, otp: str | None, instance: Path | None, as_json: bool) -> None:
    with acting_as(email, otp, instance) as (_, person):
        with transaction() as current:
            row = as_row(act(current, person))
        _show([row], as_json=as_json)


def _show(rows: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        show(list(rows), as_json=True)
        return
    short = [{name: row[name] for name in COLUMNS} for row in rows]
    for row in short:
        row["text"] = " ".join(row["text"].split())[:SHORT]
    show(short, as_json=False)
