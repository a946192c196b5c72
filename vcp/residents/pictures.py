"""Which images residents can see: those of posts that are out, and the photos of personas.

An image of a draft, of a withdrawn post, or one that a correction took out is not among them. The
public folder holds a second name of the same file, so that it is whole when it is mirrored.
"""

import shutil
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from officer_profiles.models import Persona
from vcp.kernel.media import media_url
from vcp.posts.models import Post, Revision, RevisionImage
from vcp.posts.states import PostState
from vcp.residents.queries import SHOWN_PERSONAS
from vcp.residents.site import MEDIA, Site


def show_pictures(site: Site, urls: Iterable[str]) -> None:
    """Let these images, named by their addresses, be seen.

    Raises: OSError when one isn't there any more, or can't be put there.
    """
    for url in urls:
        shown = site.files.root / url.lstrip("/")
        if shown.exists():
            continue
        shown.parent.mkdir(parents=True, exist_ok=True)
        kept = site.settings.media / shown.name
        try:
            shown.hardlink_to(kept)
        except FileExistsError:
            continue
        except FileNotFoundError:
            raise
        except OSError:  # another file system
            new = shown.with_name(f".{shown.name}.new")
            shutil.copy2(kept, new)
            new.replace(shown)


def hide_pictures_of(site: Site, session: Session, post: Post) -> None:
    """Take away every image that this post ever had and nothing public has now."""
    had = session.execute(
        select(RevisionImage.digest, RevisionImage.media_type)
        .join(Revision, Revision.id == RevisionImage.revision_id)
        .where(Revision.post_id == post.id)
        .distinct()
    ).all()
    names = {Path(media_url(digest, media_type)).name for digest, media_type in had}
    # Beside a video lie its first picture and its captions, under the same digest.
    shown = site.files.root / MEDIA
    names |= {path.name for digest, _ in had for path in shown.glob(f"{digest}.*")}
    _hide(site, session, names)


def hide_unused_pictures(site: Site, session: Session) -> None:
    """Take away every image that nothing public has now."""
    _hide(site, session, {path.name for path in (site.files.root / MEDIA).glob("[0-9a-f]*")})


def _hide(site: Site, session: Session, names: set[str]) -> None:
    if not names:
        return
    digests = [name.partition(".")[0] for name in names]
    of_posts = select(RevisionImage.digest).join(
        Post, Post.public_revision_id == RevisionImage.revision_id
    )
    used = set(
        session.scalars(
            of_posts.where(
                Post.state == PostState.RELEASED, RevisionImage.digest.in_(digests)
            ).union(
                select(Persona.photo_digest).where(
                    Persona.state.in_(SHOWN_PERSONAS), Persona.photo_digest.in_(digests)
                )
            )
        )
    )
    for name in names:
        if name.partition(".")[0] not in used:
            (site.files.root / MEDIA / name).unlink(missing_ok=True)
