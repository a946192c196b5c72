"""When an invented force may be made, that the same seed makes the same, and signing in to it."""

import random
import stat

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from officer_profiles.models import Persona
from tests.client import Client
from tests.seed.conftest import OFFICERS, POSTS, SEED
from vcp.areas.models import Area
from vcp.cli import main
from vcp.contacts.models import Contact
from vcp.kernel import clock
from vcp.kernel.db import db
from vcp.kernel.errors import Conflict, NotAllowed
from vcp.kernel.settings import Mode, Settings
from vcp.posts.models import Post, Revision
from vcp.seed import seed_demo, sign_in_lines
from vcp.seed.people import OFFERED, password, staff
from vcp.users import demo
from vcp.users.models import User
from vcp.users.passwords import check_new


def told(session: Session) -> dict[str, list[str]]:
    """What must be the same each time."""
    wanted = {
        "areas": Area.name,
        "staff": User.email,
        "personas": Persona.display_name,
        "blocks": Persona.who_i_am,
        "photos": Persona.photo_digest,
        "texts": Revision.text,
        "states": Post.state,
    }
    return {name: sorted(map(str, session.scalars(select(what)))) for name, what in wanted.items()}


def settings_of(app: Flask) -> Settings:
    found: Settings = app.extensions["vcp_settings"]
    return found


def test_same_seed_gives_the_same_force(app: Flask, session: Session, seeded: Flask) -> None:
    with seeded.app_context():
        first = told(db.session)
        db.session.rollback()
    seed_demo(app, officers=OFFICERS, posts=POSTS, seed=SEED)
    assert told(session) == first
    assert demo.known(settings_of(app)) == demo.known(settings_of(seeded))


def test_another_seed_gives_other_people() -> None:
    one, same, other = (staff(random.Random(seed), 3) for seed in (1, 1, 2))
    assert one == same
    assert not {member.name for member in one} & {member.name for member in other}
    assert password(1) != password(2)


def test_second_force_is_refused_and_changes_nothing(seeded: Flask) -> None:
    with seeded.app_context():
        before = told(db.session)
        with pytest.raises(Conflict, match="has staff already"):
            seed_demo(seeded, officers=3, posts=3)
        assert told(db.session) == before
        db.session.rollback()


def test_production_is_refused(session: Session, app: Flask, settings: Settings) -> None:
    app.extensions["vcp_settings"] = settings.model_copy(update={"mode": Mode.PRODUCTION})
    with pytest.raises(NotAllowed, match="no place in production"):
        seed_demo(app, officers=2, posts=0)
    assert not session.scalars(select(User)).all()


def test_a_force_that_fails_half_way_leaves_nothing_and_the_clock_as_it_was(
    session: Session, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("vcp.posts.service.notices.approval_wanted", full)
    before = clock.now()
    with pytest.raises(OSError, match="disk full"):
        seed_demo(app, officers=2, posts=3)
    assert 0 <= (clock.now() - before).total_seconds() < 600
    assert not session.scalars(select(User)).all()


@pytest.mark.parametrize("officers, posts", [(2, 0), (9, 3)])
def test_any_size_can_be_made(app: Flask, session: Session, officers: int, posts: int) -> None:
    seed_demo(app, officers=officers, posts=posts, contacts=posts)
    assert (
        len(session.scalars(select(Post).where(Post.answers_id.is_(None))).unique().all()) == posts
    )
    assert len(session.scalars(select(Contact)).all()) == posts


def test_everybody_offered_can_sign_in(seeded: Flask) -> None:
    with seeded.app_context():
        client = Client(seeded, db.session)
        offers = demo.offers(db.session, settings_of(seeded))
        assert len(offers) == len(OFFERED)
        for offer in offers:
            assert offer.code is not None
            check_new(offer.person.password, (offer.person.name, offer.person.email))
            answer = client.post(
                "/sign-in",
                data={
                    "email": offer.person.email,
                    "password": offer.person.password,
                    "code": offer.code,
                    "next": "/account",
                },
            )
            assert (answer.status_code, answer.location) == (302, "/account"), offer.person
            client.post("/sign-out")


def test_a_used_code_is_not_offered_again(seeded: Flask) -> None:
    with seeded.app_context():
        settings = settings_of(seeded)
        before = demo.offers(db.session, settings)[0]
        user = db.session.scalar(select(User).where(User.email == before.person.email))
        assert user is not None
        user.last_totp_step += 100_000_000
        assert demo.offers(db.session, settings)[0].code is None
        with pytest.raises(Conflict, match="half a minute"):
            demo.code_now(settings, user)
        db.session.rollback()


def test_the_sign_in_page_offers_people_in_a_demo_only(seeded: Flask, client: Client) -> None:
    with seeded.app_context():
        page = Client(seeded, db.session).get("/sign-in").text
        first = demo.known(settings_of(seeded))[0]
    assert "This is a demo" in page
    assert first.email in page
    assert "demo" not in client.get("/sign-in").text


@pytest.mark.parametrize("mode", [Mode.TEST, Mode.PRODUCTION])
def test_nobody_is_offered_outside_a_demo(seeded: Flask, mode: Mode) -> None:
    other = settings_of(seeded).model_copy(update={"mode": mode})
    with seeded.app_context():
        assert demo.offers(db.session, other) == []
        user = db.session.scalars(select(User)).first()
        assert user is not None
        if mode is Mode.PRODUCTION:
            assert sign_in_lines(other) == []
            with pytest.raises(NotAllowed):
                demo.code_now(other, user)


def test_sign_ins_are_for_the_owner_of_the_folder(seeded: Flask) -> None:
    file = settings_of(seeded).instance / demo.FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    lines = "\n".join(sign_in_lines(settings_of(seeded)))
    for person in demo.known(settings_of(seeded)):
        assert person.email in lines
        assert person.secret in lines
        assert person.password in lines


def test_commands_seed_and_print_a_code(tmp_path: pytest.TempPathFactory) -> None:
    runner, where = CliRunner(), ["--instance", str(tmp_path)]
    seeding = runner.invoke(main, ["seed", "demo", "--officers", "2", "--posts", "1", *where])
    assert seeding.exit_code == 0, seeding.output
    assert "Password of all of them" in seeding.output
    again = runner.invoke(main, ["seed", "demo", *where])
    assert again.exit_code == 1
    assert "has staff already" in again.output
    person = demo.known(Settings(instance=str(tmp_path)))[0]  # type: ignore[arg-type]
    code = runner.invoke(main, ["users", "code", person.email, *where])
    assert code.output.strip().isdigit()
    nobody = runner.invoke(main, ["users", "code", "nobody@carrowdale.police.example", *where])
    assert nobody.exit_code == 1
    assert "Nobody has the e-mail" in nobody.output
