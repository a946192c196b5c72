"""Signing in: both factors, nothing said about which was wrong, no more than a few tries."""

import statistics
import time

import pytest
import time_machine
from argon2 import PasswordHasher
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.users import PASSWORD, SECRET, code_now, hashed, make_user
from tests.users.pages import post_sign_in
from vcp.kernel import clock as our_clock
from vcp.kernel.audit import AuditEvent
from vcp.kernel.settings import Settings
from vcp.users import access, factors, links, throttle
from vcp.users.models import SignIn
from vcp.users.states import UserState

WRONG = "We could not sign you in with that."


def verbs(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEvent.verb).order_by(AuditEvent.at)))


def test_password_and_code_sign_in(client: Client, session: Session, settings: Settings) -> None:
    user = make_user(session, settings=settings)
    response = post_sign_in(client, user)
    assert response.status_code == 302
    assert response.headers["Location"] == "/desk"
    assert client.get("/account").status_code == 200
    event = session.scalars(select(AuditEvent).where(AuditEvent.verb == "sign_in")).one()
    assert event.actor_id == user.actor_id


def test_the_address_may_be_written_in_any_case(
    client: Client, session: Session, settings: Settings
) -> None:
    user = make_user(session, settings=settings)
    assert post_sign_in(client, f" {user.email.upper()} ").status_code == 302


@pytest.mark.parametrize(
    "typed",
    [{"password": "not the password"}, {"code": "000000"}, {"email": "nobody@force.example"}],
    ids=["password", "code", "address"],
)
def test_no_answer_says_which_part_was_wrong(
    client: Client, session: Session, settings: Settings, typed: dict[str, str]
) -> None:
    user = make_user(session, settings=settings)
    response = post_sign_in(client, user, **typed)
    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert page.count(WRONG) == 1
    assert "govuk-error-message" not in page, "no field is marked as the wrong one"
    assert verbs(session)[-1] == "sign_in_failed"
    assert session.scalar(select(func.count()).select_from(SignIn)) == 0


@pytest.mark.parametrize("state", [UserState.SUSPENDED, UserState.DEPARTED])
def test_who_is_out_gets_the_same_answer_as_a_stranger(
    client: Client, session: Session, settings: Settings, state: UserState
) -> None:
    user = make_user(session, settings=settings, state=state, role=None)
    response = post_sign_in(client, user)
    assert response.status_code == 422
    assert WRONG in response.get_data(as_text=True)


def test_an_unknown_name_takes_as_long_as_a_known_one(session: Session, settings: Settings) -> None:
    """The password's slow hash dominates; without it an unknown name would be 1000 times faster."""
    user = make_user(session, settings=settings)

    def took(email: str) -> float:
        began = time.perf_counter()
        access.whose_password(session, email, "not the password")
        return time.perf_counter() - began

    took("warm@up.example")
    known = statistics.median(took(user.email) for _ in range(7))
    unknown = statistics.median(took("nobody@force.example") for _ in range(7))
    assert 0.5 < known / unknown < 2


def test_a_code_works_once(client: Client, session: Session, settings: Settings) -> None:
    user = make_user(session, settings=settings)
    code = code_now()
    assert post_sign_in(client, user, code=code).status_code == 302
    client.post("/sign-out")
    assert post_sign_in(client, user, code=code).status_code == 422


def test_an_earlier_code_is_dead_once_a_later_one_was_taken(
    session: Session, settings: Settings
) -> None:
    user = make_user(session, settings=settings)
    later = our_clock.now()
    earlier = factors.code_at(SECRET, later.fromtimestamp(later.timestamp() - 30, later.tzinfo))
    assert access.take_code(session, settings, user, code_now())
    assert not access.take_code(session, settings, user, earlier)


def test_a_code_of_two_minutes_ago_is_refused(
    session: Session, settings: Settings, clock: time_machine.Traveller
) -> None:
    user, code = make_user(session, settings=settings), code_now()
    clock.shift(120)
    assert not access.take_code(session, settings, user, code)


def test_a_recovery_code_stands_in_once_and_its_owner_is_told(
    client: Client, session: Session, settings: Settings
) -> None:
    user = make_user(session, settings=settings)
    code = links.renew_codes(session, settings, user)[3]
    assert post_sign_in(client, user, code=code.upper().replace("-", " ")).status_code == 302
    assert "use_recovery_code" in verbs(session)
    client.post("/sign-out")
    assert post_sign_in(client, user, code=code).status_code == 422


def test_somebody_elses_recovery_code_is_worth_nothing(
    session: Session, settings: Settings
) -> None:
    first, second = make_user(session, settings=settings), make_user(session, settings=settings)
    codes = links.renew_codes(session, settings, first)
    assert not access.take_code(session, settings, second, codes[0])


def test_five_tries_a_minute_for_an_account_and_the_right_one_waits_too(
    client: Client, session: Session, settings: Settings, clock: time_machine.Traveller
) -> None:
    user = make_user(session, settings=settings)
    wrong = [post_sign_in(client, user, password="wrong") for _ in range(5)]
    assert {response.status_code for response in wrong} == {422}
    refused = post_sign_in(client, user)
    assert refused.status_code == 429
    assert "Wait a minute" in refused.get_data(as_text=True)
    assert verbs(session).count("sign_in_failed") == 5
    clock.shift(61)
    assert post_sign_in(client, user).status_code == 302


def test_an_unknown_account_is_throttled_like_a_known_one(client: Client) -> None:
    answers = [post_sign_in(client, "nobody@force.example").status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]


def test_one_address_can_not_try_many_accounts(session: Session) -> None:
    address = throttle.of_address("192.0.2.7")
    for number in range(throttle.TRIES_ADDRESS):
        throttle.admit(session, throttle.of_account(f"{number}@force.example"), address)
    with pytest.raises(throttle.TooManyTries):
        throttle.admit(session, throttle.of_account("next@force.example"), address)


def test_right_sign_ins_do_not_use_up_a_shared_address(session: Session) -> None:
    """A whole station goes out by one address; a busy morning must not lock it out."""
    address = throttle.of_address("192.0.2.7")
    for number in range(3 * throttle.TRIES_ADDRESS):
        account = throttle.of_account(f"{number}@force.example")
        throttle.admit(session, account, address)
        throttle.forgive(session, account, address)


def test_what_was_typed_is_kept_but_for_the_secrets(client: Client) -> None:
    page = client.post("/sign-in", data={"email": "a@b.example", "password": "hush hush"})
    text = page.get_data(as_text=True)
    assert page.status_code == 422
    assert "a@b.example" in text
    assert "hush hush" not in text
    assert "Type the code." in text


def test_a_password_stored_with_weaker_figures_still_works(
    session: Session, settings: Settings
) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
    user = make_user(session, settings=settings)
    user.password_hash = weak.hash(PASSWORD)
    session.flush()
    assert access.whose_password(session, user.email, PASSWORD) == user.id


def test_secrets_are_not_stored_as_they_are(
    client: Client, session: Session, settings: Settings
) -> None:
    user = make_user(session, settings=settings)
    post_sign_in(client, user)
    with client.session_transaction() as cookie:
        token = cookie["token"]
    assert user.sealed_totp is not None
    assert SECRET.encode() not in user.sealed_totp
    assert user.password_hash == hashed(PASSWORD)
    assert token not in {row.token_sha256 for row in session.scalars(select(SignIn))}


def test_a_secret_opens_with_an_older_key_and_with_no_other(settings: Settings) -> None:
    sealed = factors.seal(["old" * 20], SECRET, access.TOTP)
    assert factors.unseal(["new" * 20, "old" * 20], sealed, access.TOTP) == SECRET
    with pytest.raises(Exception, match="signing keys"):
        factors.unseal(["new" * 20], sealed, access.TOTP)
    with pytest.raises(Exception, match="signing keys"):
        factors.unseal(["old" * 20], sealed, "another purpose")


def test_signing_in_leads_only_to_our_own_pages(
    client: Client, session: Session, settings: Settings
) -> None:
    user = make_user(session, settings=settings)
    response = post_sign_in(client, user, next="https://evil.example/desk")
    assert response.headers["Location"] == "/desk"


def test_a_stranger_is_led_to_the_page_that_they_wanted(
    client: Client, session: Session, settings: Settings
) -> None:
    user = make_user(session, settings=settings)
    asked = client.get("/account?x=1")
    assert asked.status_code == 302
    assert asked.headers["Location"] == "/sign-in?next=/account?x%3D1"
    page = client.get(asked.headers["Location"]).get_data(as_text=True)
    assert 'value="/account?x=1"' in page
    response = post_sign_in(client, user, next="/account?x=1")
    assert response.headers["Location"] == "/account?x=1"


def test_the_trail_keeps_no_address_typed_by_a_stranger(client: Client, session: Session) -> None:
    """People type their password into the wrong field."""
    post_sign_in(client, "my secret password")
    event = session.scalars(select(AuditEvent).where(AuditEvent.verb == "sign_in_failed")).one()
    assert event.subject_id == "unknown"
    assert event.payload is not None
    assert "my secret" not in event.payload.body


def test_the_cookie_is_small_and_says_nothing_about_the_person(
    client: Client, session: Session, settings: Settings
) -> None:
    user = make_user(session, settings=settings)
    header = post_sign_in(client, user).headers["Set-Cookie"]
    assert len(header) < 4096
    assert "HttpOnly" in header
    assert "SameSite=Lax" in header
    with client.session_transaction() as cookie:
        assert set(cookie) <= {"token", "seen", "csrf_token"}
