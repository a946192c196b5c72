"""When a post is wanted out: the times that its author chose, on the post."""

from datetime import datetime

from vcp.kernel import clock
from vcp.kernel.errors import Invalid
from vcp.posts import in_force, timing
from vcp.posts.models import Post
from vcp.posts.words import Words


def set_times(post: Post, words: Words) -> None:
    """Take over the times of the words.

    Raises: Invalid for a time that can't be used; AskWhichHour for one that comes twice.
    """
    zone, now = in_force.zone(), clock.now()
    wanted = None
    if words.wanted_local:
        wanted = timing.moment_of(words.wanted_local, zone, fold=words.wanted_fold)
        timing.check_ahead(wanted, now)
    not_after = None
    if words.not_after_local:
        field = "not_after_local"
        not_after = timing.moment_of(words.not_after_local, zone, fold=timing.FIRST, field=field)
        timing.check_ahead(not_after, now, field=field)
        if wanted is not None and not_after <= wanted:
            raise Invalid("This is before the post goes out. Choose a later time.", field)
    post.wanted_at, post.wanted_local = wanted, words.wanted_local or None
    post.not_after = not_after
    post.zone = in_force.zone().key


def differ(post: Post, words: Words) -> bool:
    """Say whether the times of the words are others than those of the post."""
    kept = times_of(post)
    if (words.wanted_local or None, words.not_after_local or None) != kept[:2]:
        return True
    if words.wanted_local is None or words.wanted_fold is None:
        return False
    zone = in_force.zone()
    return timing.moment_of(words.wanted_local, zone, fold=words.wanted_fold) != post.wanted_at


def times_of(post: Post) -> tuple[str | None, str | None, int | None]:
    """Return the times of a post as they were typed: when, not after, and which hour of two."""
    zone = in_force.zone()
    not_after = timing.typed_as(post.not_after, zone) if post.not_after else None
    return post.wanted_local, not_after, timing.fold_of(post.wanted_at, zone)


def check_ahead(post: Post) -> None:
    """Refuse times that have passed since they were typed.

    Raises: Invalid.
    """
    now = clock.now()
    if post.wanted_at is not None:
        timing.check_ahead(post.wanted_at, now)
    if post.not_after is not None:
        timing.check_ahead(post.not_after, now, field="not_after_local")


def has_passed(post: Post, now: datetime) -> bool:
    """Say whether the post would go out by surprise: later than its author wanted."""
    late = post.wanted_at is not None and post.wanted_at < now
    return late or (post.not_after is not None and post.not_after <= now)
