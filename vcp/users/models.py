"""Staff: accounts, roles by area, sign-ins, invitations and recovery codes."""

import enum
import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import CheckConstraint, Enum, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vcp.kernel.db import Base
from vcp.kernel.lifecycle import state_type
from vcp.kernel.permissions import Role
from vcp.users.states import UserState


class User(Base):
    """A member of staff who signs in."""

    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: The random name that the trail uses instead of the person's own.
    actor_id: Mapped[str] = mapped_column(
        String(64), unique=True, default=lambda: str(uuid.uuid4())
    )
    email: Mapped[str] = mapped_column(String(254), unique=True)
    display_name: Mapped[str] = mapped_column(String(120))
    state: Mapped[UserState] = mapped_column(state_type(UserState))
    state_changed_at: Mapped[datetime]
    password_hash: Mapped[str | None] = mapped_column(String(200))
    #: The TOTP secret, encrypted with a key made from the signing key.
    sealed_totp: Mapped[bytes | None] = mapped_column(LargeBinary(256))
    #: The time step of the last code taken, so that no code works twice.
    last_totp_step: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column()

    granted: Mapped[list["Grant"]] = relationship(
        back_populates="user", lazy="selectin", foreign_keys="Grant.user_id"
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's name

    @property
    def grants(self) -> Sequence["Grant"]:
        """The roles in force now: none unless the account is active."""
        if self.state != UserState.ACTIVE:
            return ()
        return [grant for grant in self.granted if grant.revoked_at is None]


class Grant(Base):
    """One role of one person, for an area and everything below it."""

    __tablename__ = "role_grant"
    __table_args__ = (
        CheckConstraint(
            "role = 'decision_maker' OR category IS NULL", name="category_for_decision_makers"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    role: Mapped[Role] = mapped_column(
        Enum(
            Role,
            native_enum=False,
            create_constraint=True,
            length=16,
            name="role_known",
            values_callable=lambda roles: [role.value for role in roles],
        )
    )
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    area_path: Mapped[str] = mapped_column(String(120))
    #: For a decision maker: the outbound category that they decide about; null: every category.
    category: Mapped[str | None] = mapped_column(String(40))
    granted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    granted_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(back_populates="granted", foreign_keys=[user_id])


class SignIn(Base):
    """One browser that is signed in; revoked one by one."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    browser: Mapped[str] = mapped_column(String(200), default="")
    started_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    #: When the second factor was last given in this browser.
    factor_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(lazy="joined")

    is_authenticated = True
    is_anonymous = False

    @property
    def is_active(self) -> bool:
        """Whether this person may use the product at all."""
        return self.user.state == UserState.ACTIVE


class SignInTry(Base):
    """One try at a password or a code, so that nobody gets more than a few a minute."""

    __tablename__ = "sign_in_try"
    __table_args__ = (Index("ix_sign_in_try_key_at", "key_sha256", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    #: SHA-256 of the account or network address that is tried; unknown accounts count as well.
    key_sha256: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class LinkPurpose(enum.StrEnum):
    """What a link sent by mail lets its holder do, once."""

    JOIN = "join"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - a purpose, not a password
    RESET_FACTOR = "reset_factor"


class Link(Base):
    """A single-use link sent to a member of staff by mail."""

    __tablename__ = "staff_link"
    __table_args__ = (Index("ix_staff_link_user_purpose", "user_id", "purpose"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    purpose: Mapped[LinkPurpose] = mapped_column(
        Enum(
            LinkPurpose,
            native_enum=False,
            create_constraint=True,
            length=16,
            name="purpose_known",
            values_callable=lambda kinds: [kind.value for kind in kinds],
        )
    )
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(foreign_keys=[user_id])


class RecoveryCode(Base):
    """A code that stands in for a lost second factor, once."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(200))
    used_at: Mapped[datetime | None]
