"""Channels for accounts of fakenet, on each of its networks."""

from sqlalchemy.orm import Session

from tests.factories.channels import make_channel
from tests.faults.fakenet_atproto import did_of
from tests.faults.fakenet_x_shapes import SECRET, user_id
from vcp.areas.models import Area
from vcp.channels.models import Channel
from vcp.kernel.settings import Settings


def make_account(
    session: Session, settings: Settings, area: Area, url: str, network: str, number: int
) -> Channel:
    """The channel of account0, account1, …, with the keys that its network wants."""
    name = f"account{number}"
    account_ids = {
        "mastodon": f"id-{name}",
        "bluesky": did_of(name),
        "x": user_id(name),
    }
    keys = {
        "mastodon": {"access_token": f"token-{name}"},
        "bluesky": {"identifier": name, "app_password": f"app-{name}"},
        "x": {
            "consumer_key": "app",
            "consumer_secret": SECRET,
            "access_token": f"token-{name}",
            "access_token_secret": SECRET,
        },
    }
    return make_channel(
        session,
        area=area,
        base_url=url,
        settings=settings,
        network=network,
        credentials=keys[network],
        account_id=account_ids[network],
    )
