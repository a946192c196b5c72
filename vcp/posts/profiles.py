"""How an account presents itself: another name or other links than before raise an alarm."""

from sqlalchemy.orm import Session

from vcp.channels import service as channels
from vcp.kernel import clock
from vcp.networks.base import AccountInfo
from vcp.networks.registry import CAN_BE_RENAMED
from vcp.posts.alarms import Seen, raise_alarm
from vcp.posts.watch_models import AlarmKind
from vcp.posts.watching import WATCHER, Turn, held


def compare_profile(session: Session, turn: Turn, account: AccountInfo) -> None:
    """Compare with what was last seen, at first with the handle that a person confirmed.

    Raises: Conflict when another process looks at the account by now.
    """
    watch = held(session, turn)
    channel = watch.channel
    now: dict[str, object] = {
        "handle": account.handle,
        "display_name": account.display_name,
        "url": account.url,
        "links": list(account.profile_links),
    }
    before = watch.profile or now | {"handle": channel.handle or account.handle}
    watch.profile = now
    address = account.url or None
    was_called = str(before["handle"])
    if was_called.casefold() != account.handle.casefold():
        said = f"{was_called} → {account.handle}"
        seen = Seen(text=said, at=clock.now(), url=address)
        raise_alarm(session, channel, AlarmKind.RENAMED, seen)
        if channel.network in CAN_BE_RENAMED:
            problem = (
                f"The account calls itself {account.handle} now. It was {was_called} before. If "
                "that is the force's doing, connect it again; if not, change its password at the "
                "network first."
            )
            channels.block(session, channel.id, problem, by=WATCHER)
    changed = [
        f"{name}: {_spoken(before[key])} → {_spoken(now[key])}"
        for key, name in (("display_name", "Name"), ("links", "Links"))
        if before[key] != now[key]
    ]
    if changed:
        seen = Seen(text="\n".join(changed), at=clock.now(), url=address)
        raise_alarm(session, channel, AlarmKind.PROFILE, seen)


def _spoken(value: object) -> str:
    return (", ".join(map(str, value)) if isinstance(value, list) else str(value)) or "none"
