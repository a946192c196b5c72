"""E-mail waiting to go out: a row first, so that a lost job or server loses no mail."""

import smtplib
from datetime import datetime, timedelta
from email.message import EmailMessage

from sqlalchemy import String, Text, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from vcp.kernel import clock
from vcp.kernel.db import Base, transaction
from vcp.kernel.jobs import enqueue, job
from vcp.kernel.settings import Settings

SMTP_TIMEOUT_S = 20
#: A mail server may be away for a weekend; then the mail is given up, and `vcp doctor` says so.
TRIED_FOR = timedelta(hours=72)
#: How long the first failure waits; each further one twice as long, up to the longest.
FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(hours=1)
LONGEST_URGENT_WAIT = timedelta(minutes=1)
#: How long an urgent mail waits for a worker before the clock sends it.
WORKER_HAS_S = 5


class Mail(Base):
    """One e-mail to one person."""

    __tablename__ = "mail"

    id: Mapped[int] = mapped_column(primary_key=True)
    to_address: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime]
    sent_at: Mapped[datetime | None] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    #: Not tried again before; null before the first try.
    next_try_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(300))
    #: The clock sends it by itself when no worker has taken it within a few seconds.
    is_urgent: Mapped[bool] = mapped_column(default=False)


_settings: Settings | None = None


def configure(settings: Settings) -> None:
    """Say which mail server is used."""
    global _settings  # noqa: PLW0603 - set once, when the app is made
    _settings = settings


def write(
    session: Session, to_address: str, subject: str, body: str, *, urgent: bool = False
) -> Mail:
    """Put a mail into this unit of work; it leaves soon after the unit is stored."""
    mail = Mail(
        to_address=to_address,
        subject=subject,
        body=body,
        written_at=clock.now(),
        is_urgent=urgent,
    )
    session.add(mail)
    session.flush()
    enqueue(session, send_mail, mail.id)
    return mail


def waiting(session: Session) -> list[Mail]:
    """Return the mails whose turn it is: not gone out, and not given up; oldest first."""
    now = clock.now()
    return list(
        session.scalars(
            select(Mail)
            .where(Mail.sent_at.is_(None))
            .where(or_(Mail.next_try_at.is_(None), Mail.next_try_at <= now))
            .where(or_(Mail.attempts == 0, Mail.written_at > now - TRIED_FOR))
            .order_by(Mail.is_urgent.desc(), Mail.id)
            .limit(200)
        )
    )


def urgent_and_untried(session: Session) -> list[Mail]:
    """Return the urgent mails that nobody has taken within the time that a worker has."""
    taken_by = clock.now() - timedelta(seconds=WORKER_HAS_S)
    return list(
        session.scalars(
            select(Mail)
            .where(Mail.sent_at.is_(None), Mail.attempts == 0)
            .where(Mail.is_urgent, Mail.written_at <= taken_by)
            .order_by(Mail.id)
            .limit(20)
        )
    )


@job(queue="mail")
def send_mail(mail_id: str) -> None:
    """Send one mail; without a mail server it waits, and demo mode shows it on a page."""
    if _settings is None or not _settings.smtp_host:
        return
    with transaction() as session:
        mail = session.get(Mail, int(mail_id), with_for_update=True)
        if mail is None or mail.sent_at is not None or _is_early(mail):
            return
        # Counted before it is tried: a crash may repeat a mail, never try without a pause.
        mail.attempts += 1
        mail.next_try_at = clock.now() + _wait(mail)
        message = _message(mail, _settings)
    error = _deliver(message, _settings)
    with transaction() as session:
        mail = session.get_one(Mail, int(mail_id))
        mail.sent_at = None if error else clock.now()
        mail.last_error = error


def _is_early(mail: Mail) -> bool:
    """Say whether it was tried a moment ago: the queue may hold a mail twice."""
    return mail.next_try_at is not None and clock.now() < mail.next_try_at


def _wait(mail: Mail) -> timedelta:
    longest = LONGEST_URGENT_WAIT if mail.is_urgent else LONGEST_WAIT
    doubled = 1 << min(mail.attempts - 1, 10)  # past the longest either way
    return min(FIRST_WAIT * doubled, longest)


def _message(mail: Mail, settings: Settings) -> EmailMessage:
    message = EmailMessage()
    message["From"] = settings.mail_from
    message["To"] = mail.to_address
    message["Subject"] = " ".join(mail.subject.split())
    message.set_content(mail.body)
    return message


def _deliver(message: EmailMessage, settings: Settings) -> str | None:
    try:
        with smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=SMTP_TIMEOUT_S) as server:
            if settings.smtp_starttls:
                server.starttls()
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
            server.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        return f"{type(error).__name__}: {error}"[:300]
    return None
