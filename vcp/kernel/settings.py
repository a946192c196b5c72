"""Settings: typed, read once at start, all faults reported together."""

import hashlib
import os
import secrets
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import current_app
from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from vcp.kernel.crashing import crash_order

SHORTEST_SECRET = 32
LONGEST_SOCKET_PATH = 100
#: Far above what people write, far below what a script sends.
USUAL_BUDGETS = {
    "persona_posts_per_hour": 30,
    "persona_posts_per_day": 100,
    "persona_answers_per_hour": 300,
    "force_posts_per_hour": 300,
}


class Mode(StrEnum):
    """How strict the installation is."""

    DEMO = "demo"
    TEST = "test"
    PRODUCTION = "production"


class Settings(BaseSettings):
    """What an installation decides; every name is also an environment variable `VCP_…`."""

    model_config = SettingsConfigDict(
        env_prefix="VCP_", env_file=".env", extra="ignore", frozen=True
    )

    #: demo: invented force, mails shown on a page; test: a clock that can be moved.
    mode: Mode = Mode.DEMO
    #: The folder with the database, keys, public files and media.
    instance: Path = Path("instance")
    #: SQLAlchemy address of the truth; empty: SQLite in the instance folder.
    database_url: str = ""
    #: Redis or Valkey address for ordinary jobs; empty: the private one in the instance folder.
    redis_url: str = ""
    #: Signs cookies and links; newest first, older ones after it are still accepted.
    secret_keys: list[SecretStr] = Field(default_factory=list)
    #: Where residents and staff reach this installation, without a slash at the end.
    base_url: str = "http://127.0.0.1:8000"
    #: How many trusted proxies stand in front: their X-Forwarded-For tells who asks.
    proxies: int = Field(default=0, ge=0, le=5)
    #: The force's name as the public knows it.
    force_name: str = "Carrowdale Police"
    #: The force's own online reporting page.
    report_url: str = "https://www.carrowdale.police.example/report"
    #: Where journalists are sent; empty: the standard reply to them can't be sent.
    press_url: str = ""
    #: Numbers printed on every public page.
    emergency_number: str = "999"
    non_emergency_number: str = "101"
    #: Zone in which staff type and read times.
    timezone: str = "Europe/London"
    #: Address that /metrics is served on, apart from the public one; port 0: off.
    metrics_host: str = "127.0.0.1"
    metrics_port: int = 0
    #: Mail server; empty: mails wait in the database (demo mode shows them on a page).
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_starttls: bool = True
    mail_from: str = "no-reply@carrowdale.police.example"
    #: Minutes without a page after which a member of staff signs in again.
    idle_minutes: int = Field(default=15, ge=1, le=240)
    #: Hours after which a sign-in ends however busy it is.
    absolute_hours: int = Field(default=12, ge=1, le=24)
    #: Minutes that a second factor stays fresh for approving, connecting and changing roles.
    factor_minutes: int = Field(default=15, ge=1, le=60)
    #: Hours after the due time at which an unsent post expires, unless its author says otherwise.
    not_after_hours: int = Field(default=24, ge=1, le=24 * 14)
    #: How many posts a persona may begin to send in an hour and in a day, and the whole force in
    #: an hour; answers to residents count apart. 0: no limit; unset: the usual number, in
    #: demo and test mode no limit.
    persona_posts_per_hour: int | None = Field(default=None, ge=0)
    persona_posts_per_day: int | None = Field(default=None, ge=0)
    persona_answers_per_hour: int | None = Field(default=None, ge=0)
    force_posts_per_hour: int | None = Field(default=None, ge=0)
    #: US dollars a month for each X channel, unless its own page says otherwise; 0: no budget.
    x_monthly_budget_usd: float = Field(default=0, ge=0, le=100_000)
    #: What X charges, in US dollars: for a post, for one with a link, for each post that is read.
    x_price_create_usd: float = Field(default=0.015, ge=0, le=100)
    x_price_create_with_link_usd: float = Field(default=0.2, ge=0, le=100)
    x_price_read_usd: float = Field(default=0.001, ge=0, le=100)
    #: Largest upload, in bytes, and largest image, in pixels.
    upload_bytes: int = 16 * 1024 * 1024
    image_pixels: int = 50_000_000
    #: Whose bank holidays are shown: a country and its part, as in GB-SCT; empty: none.
    bank_holidays: str = Field(default="GB-ENG", pattern=r"^([A-Z]{2}(-[A-Z0-9]{1,3})?)?$")
    #: Largest video, in bytes, and longest, in seconds.
    video_bytes: int = Field(default=40 * 1024 * 1024, ge=1024 * 1024, le=512 * 1024 * 1024)
    video_seconds: int = Field(default=140, ge=1, le=600)
    #: True between the dates of a pre-election period: drafts naming politics are held.
    pre_election: bool = False
    #: How many open pages of the desk are told of changes at once; others ask every few seconds.
    desk_streams: int = Field(default=16, ge=0, le=24)
    #: Seconds by which the clock is moved; test mode only.
    clock_offset_s: int = 0
    #: A crash point at which a process ends once (`vcp.kernel.crashing`); test mode only.
    crash_at: str = ""

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # a folder, or a path
            message = (
                f"VCP_TIMEZONE={name} is not a known time zone. Use a name such as Europe/London."
            )
            raise ValueError(message) from error
        return name

    @field_validator("base_url", "report_url")
    @classmethod
    def _is_web_address(cls, url: str) -> str:
        if not url.startswith(("http://", "https://")):
            message = f"{url!r} must begin with https:// (or http:// for a trial on this machine)."
            raise ValueError(message)
        return url.rstrip("/")

    @model_validator(mode="after")
    def _strong_enough(self) -> Self:
        faults = list(self._faults())
        if faults:
            raise ValueError("\n".join(faults))
        return self

    def _faults(self) -> list[str]:
        faults = []
        if self.mode is not Mode.TEST and self.clock_offset_s:
            faults.append("VCP_CLOCK_OFFSET_S works with VCP_MODE=test only.")
        if self.mode is not Mode.TEST and self.crash_at:
            faults.append("VCP_CRASH_AT works with VCP_MODE=test only.")
        elif self.crash_at:
            try:
                crash_order(self.crash_at, self.instance)
            except ValueError as error:
                faults.append(str(error))
        if self.mode is not Mode.PRODUCTION:
            return faults
        if not self.secret_keys:
            faults.append("Set VCP_SECRET_KEYS to a JSON list with one long random text.")
        if any(len(key.get_secret_value()) < SHORTEST_SECRET for key in self.secret_keys):
            faults.append(f"Each of VCP_SECRET_KEYS needs {SHORTEST_SECRET} characters or more.")
        if not self.base_url.startswith("https://"):
            faults.append("VCP_BASE_URL must begin with https:// in production.")
        if not self.smtp_host:
            faults.append("Set VCP_SMTP_HOST: invitations and approvals are sent by e-mail.")
        return faults

    def budget(self, name: str) -> int:
        """Return the budget of this name that is in force; 0: no limit."""
        chosen: int | None = getattr(self, name)
        if chosen is not None:
            return chosen
        return USUAL_BUDGETS[name] if self.mode is Mode.PRODUCTION else 0

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which staff type and read times."""
        return ZoneInfo(self.timezone)

    @property
    def database(self) -> str:
        """The address of the database that is in force."""
        return self.database_url or f"sqlite:///{self.instance.resolve() / 'vcp.sqlite3'}"

    @property
    def redis(self) -> str:
        """The address of the job queue that is in force."""
        return self.redis_url or f"unix://{self.valkey_socket}"

    @property
    def valkey_socket(self) -> Path:
        """Where our own Valkey listens; a Unix socket's path has to be short."""
        wanted = self.instance.resolve() / "valkey.sock"
        if len(str(wanted)) <= LONGEST_SOCKET_PATH:
            return wanted
        short = hashlib.sha256(str(wanted).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"vcp-{os.getuid()}-{short}.sock"

    @property
    def site(self) -> Path:
        """The folder of rendered public files."""
        return self.instance / "site"

    @property
    def media(self) -> Path:
        """The folder of images, named by what is in them."""
        return self.instance / "media"

    def signing_keys(self) -> list[str]:
        """Return the signing keys, newest first; outside production one is made and kept.

        Raises: OSError when the instance folder can't be written.
        """
        if self.secret_keys:
            return [key.get_secret_value() for key in self.secret_keys]
        kept = self.instance / "secret.key"
        if not kept.exists():
            self.instance.mkdir(parents=True, exist_ok=True)
            kept.touch(mode=0o600)
            kept.write_text(secrets.token_urlsafe(48))
        return [kept.read_text()]


def settings() -> Settings:
    """Return the settings of the running app; only inside its context."""
    found: Settings = current_app.extensions["vcp_settings"]
    return found
