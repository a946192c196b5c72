"""What became of one invented post, step by step, through the same services as everybody's."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from sqlalchemy.orm import Session

from moderation import holds
from moderation import queries as cases
from vcp.kernel.media import StoredImage
from vcp.posts import correcting, screening, service
from vcp.posts.models import Post
from vcp.posts.states import PostState
from vcp.posts.tombstones import WithdrawalReason
from vcp.posts.words import ImageRef, Words
from vcp.seed.cast import Cast
from vcp.seed.feed import Feed
from vcp.seed.pictures import PICTURES
from vcp.seed.texts import Text
from vcp.seed.walk import Step
from vcp.users.models import User

#: Between the publisher's send and a post's page, and between two looks at a takedown.
MOMENT = timedelta(seconds=2)
NOT_YET = datetime.max.replace(tzinfo=UTC)
LOOK_AGAIN = timedelta(seconds=40)


@dataclass(frozen=True)
class Stage:
    """What every tale plays on."""

    cast: Cast
    feed: Feed
    pictures: dict[str, StoredImage]


class Tale:
    """One post by one persona; each method adds the step that happened next."""

    def __init__(
        self,
        stage: Stage,
        persona: str,
        *,
        author: str,
        approver: str,
        fills: dict[str, str],
    ) -> None:
        """Say in whose name, who writes and who approves, and what fills the gaps of its texts."""
        self.stage = stage
        self.persona = persona
        self.author = author
        self.approver = approver
        self.fills = fills
        self.steps: list[Step] = []
        self.at = NOT_YET
        self._post_id = 0
        #: Held from draft to publication, so that the session needn't read it at each step.
        self._post: Post | None = None
        self._correction_id = 0

    def written(
        self, at: datetime, text: Text, *, wanted: str | None = None, not_after: str | None = None
    ) -> Self:
        """Have the author keep a draft; times are local, as typed."""

        def do(session: Session) -> None:
            words = self._words(text, wanted, not_after)
            persona_id = self.stage.cast.personas[self.persona]
            self._post = service.create_draft(session, persona_id, words, by=self._author(session))
            self._post_id = self._post.id

        return self.happened(at, do)

    def rewritten(self, at: datetime, text: Text) -> Self:
        """Have the author save other words."""
        return self.happened(
            at,
            lambda session: service.save(
                session, self._post_id, self._words(text), by=self._author(session)
            ),
        )

    def submitted(self, at: datetime, reason: str = "") -> Self:
        """Have the author submit it."""
        return self.happened(
            at,
            lambda session: service.submit(
                session, self._post_id, by=self._author(session), warning_reason=reason
            ),
        )

    def taken_back(self, at: datetime) -> Self:
        """Have the author take it back."""
        return self.happened(
            at,
            lambda session: service.take_back(session, self._post_id, by=self._author(session)),
        )

    def sent_back(self, at: datetime, reason: str) -> Self:
        """Have the supervisor refuse it."""
        return self.happened(
            at,
            lambda session: service.send_back(
                session, self._post_id, reason, by=self._approver(session)
            ),
        )

    def cancelled(self, at: datetime) -> Self:
        """Have the author cancel it."""
        return self.happened(
            at, lambda session: service.cancel(session, self._post_id, by=self._author(session))
        )

    def let_go(self, at: datetime, by: str, category: str, reason: str) -> Self:
        """Have a decision maker release the hold."""

        def do(session: Session) -> None:
            post = session.get_one(Post, self._post_id)
            case = cases.of_revision(session, service.newest(post).id)
            if case is not None:
                person = self.stage.cast.user(session, by)
                holds.release(session, case.id, category, reason, by=person)

        return self.happened(at, do)

    def approved(self, at: datetime, answer: str = "") -> Self:
        """Have the supervisor say yes to the words as they are.

        Rules of the force's own may hold or ask about more than ours: then a person decides.
        """

        def do(session: Session) -> None:
            post = session.get_one(Post, self._post_id)
            revision = service.newest(post)
            asks = screening.has_warning(screening.from_json(revision.verdict))
            if post.state is PostState.SUBMITTED and (answer or not asks):
                by = self._approver(session)
                service.approve(session, post.id, revision.sha256, by=by, warning_answer=answer)

        return self.happened(at, do)

    def published(self, at: datetime | None = None) -> Self:
        """Have the publisher send what is due."""

        def do(session: Session) -> None:
            self.stage.feed.publish(session)
            self._post = None

        return self.happened(at or self.at + MOMENT, do)

    def expired(self, at: datetime) -> Self:
        """Have the publisher end what came too late."""
        return self.happened(at, self.stage.feed.expire)

    def corrected(self, at: datetime, text: Text, reason: str) -> Self:
        """Have the author write a correction, the supervisor approve it, the publisher send it."""

        def start(session: Session) -> None:
            if not self._is_out(session):
                return
            correction = correcting.start_correction(
                session, self._post_id, self._words(text), reason, by=self._author(session)
            )
            self._correction_id = correction.id
            correcting.submit_correction(session, correction.id, by=self._author(session))

        def approve(session: Session) -> None:
            if not self._correction_id:
                return
            correction = correcting.found(session, self._correction_id)
            words = correction.revision.sha256
            by = self._approver(session)
            correcting.approve_correction(session, correction.id, words, by=by)

        self.happened(at, start).happened(at + timedelta(minutes=6), approve)
        return self.published()

    def withdrawn(self, at: datetime, reason: WithdrawalReason, note: str) -> Self:
        """Have the supervisor take it down, and the publisher look twice that it is gone."""

        def do(session: Session) -> None:
            if self._is_out(session):
                by = self._approver(session)
                service.withdraw(session, self._post_id, reason, by=by, note=note)

        take_down = self.stage.feed.take_down
        self.happened(at, do).happened(at + MOMENT, take_down)
        return self.happened(at + LOOK_AGAIN, take_down)

    def happened(self, at: datetime, do: Callable[[Session], object]) -> Self:
        """Have something happen then."""
        self.at = at
        self.steps.append(Step(at, do))
        return self

    def _is_out(self, session: Session) -> bool:
        return session.get_one(Post, self._post_id).state is PostState.RELEASED

    def _words(self, text: Text, wanted: str | None = None, not_after: str | None = None) -> Words:
        images: tuple[ImageRef, ...] = ()
        if text.picture is not None:
            kept = self.stage.pictures[text.picture]
            images = (
                ImageRef(
                    kept.digest,
                    kept.media_type,
                    kept.width,
                    kept.height,
                    PICTURES[text.picture].alt_text,
                ),
            )
        return Words(
            text=text.text.format(**self.fills),
            images=images,
            channel_ids=(self.stage.cast.feed_id,),
            wanted_local=wanted,
            not_after_local=not_after,
        )

    def _author(self, session: Session) -> User:
        return self.stage.cast.user(session, self.author)

    def _approver(self, session: Session) -> User:
        return self.stage.cast.user(session, self.approver)
