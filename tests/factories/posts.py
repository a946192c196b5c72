"""Invented posts, and the small team that writes and approves them."""

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from officer_profiles.models import Persona, PersonaKind
from tests.factories.areas import make_area
from tests.factories.channels import make_channel, make_own_feed
from tests.factories.personas import add_member, make_persona
from tests.factories.users import give_role, make_user
from vcp.areas.models import Area, AreaKind
from vcp.channels.models import Channel
from vcp.kernel.permissions import Role
from vcp.posts import service
from vcp.posts.models import Post
from vcp.posts.states import PostState
from vcp.posts.words import ImageRef, Words
from vcp.users.models import User

TEXT = "We marked forty bikes at the library today. Thank you to everyone who came."
#: What the screen holds: a number plate alone is P2.
PLATE = "Is this your van? AB12 CDE has been left open outside the library."
IMAGE = ImageRef("a" * 64, "image/jpeg", 800, 600, "A bicycle on a stand.")


@dataclass(frozen=True)
class Team:
    """A neighbourhood with an officer and a supervisor, and the district around it."""

    area: Area
    district: Area
    other_area: Area
    officer: User
    supervisor: User
    district_supervisor: User
    other_supervisor: User
    administrator: User
    persona: Persona
    own_feed: Channel
    mastodon: Channel


def make_team(session: Session) -> Team:
    """A neighbourhood with an officer's verified persona on the own feed and one Mastodon."""
    district = make_area(session, name="Northside", kind=AreaKind.DISTRICT)
    area = make_area(session, name="Harbour", parent=district)
    other_area = make_area(session, name="Hilltop", parent=district)
    officer = make_user(session, name="Sam Okoro", area=area)
    own_feed, mastodon = make_own_feed(session), make_channel(session, area=area, name="Harbour M")
    return Team(
        area=area,
        district=district,
        other_area=other_area,
        officer=officer,
        supervisor=make_user(session, role=Role.SUPERVISOR, area=area, name="Imran Vale"),
        district_supervisor=make_user(
            session, role=Role.SUPERVISOR, area=district, name="Dana Holt"
        ),
        other_supervisor=make_user(
            session, role=Role.SUPERVISOR, area=other_area, name="Olga Finch"
        ),
        administrator=make_user(session, role=Role.ADMINISTRATOR, name="Ada Root"),
        persona=make_persona(
            session,
            area=area,
            members=(officer,),
            name="PC Sam Okoro",
            channels=(own_feed, mastodon),
        ),
        own_feed=own_feed,
        mastodon=mastodon,
    )


def make_colleague(session: Session, team: Team, *, role: Role = Role.OFFICER) -> User:
    """Somebody else who writes as the team's persona, made an office's for it."""
    colleague = make_user(session, area=team.area, name="Kit Marlow")
    if role is not Role.OFFICER:
        give_role(session, colleague, role, team.area)
    team.persona.kind = PersonaKind.OFFICE
    add_writer(session, team.persona, colleague)
    return colleague


def add_writer(session: Session, persona: Persona, user: User) -> None:
    """Let this person write as the persona."""
    from_members = {member.user_id for member in persona.members}
    if user.id not in from_members:
        add_member(session, persona=persona, user=user)


def words(team: Team, **changed: object) -> Words:
    """Words that may go out, for both of the team's channels."""
    plain = Words(text=TEXT, channel_ids=(team.own_feed.id, team.mastodon.id))
    return replace(plain, **changed)  # type: ignore[arg-type]  # fields by name


def make_post(
    session: Session, team: Team, *, state: PostState = PostState.DRAFT, **changed: object
) -> Post:
    """A post of the team's officer, brought to this state as people would."""
    post = service.create_draft(session, team.persona.id, words(team, **changed), by=team.officer)
    if state is PostState.DRAFT:
        return post
    service.submit(session, post.id, by=team.officer)
    if state in {PostState.SUBMITTED, PostState.HELD}:
        assert post.state is state
        return post
    assert post.revision is not None
    service.approve(session, post.id, post.revision.sha256, by=team.supervisor)
    assert post.state is state
    return post
