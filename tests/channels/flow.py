"""One person connecting accounts, as the pages do it."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from sqlalchemy.orm import Session

from vcp.channels import connecting, service
from vcp.channels.models import Channel, Connection
from vcp.kernel.settings import Settings

RETURN = "http://127.0.0.1:8000/staff/channels/connections/return"


@dataclass
class Flow:
    """One person connecting accounts, as the pages do it."""

    session: Session
    settings: Settings
    people: SimpleNamespace

    def propose(self, base_url: str) -> tuple[Channel, str]:
        registration = connecting.register(base_url, RETURN)
        channel = service.propose(
            self.session,
            "mastodon",
            f"Channel {base_url}",
            self.people.harbour.id,
            registration.base_url,
            by=self.people.admin,
        )
        return channel, self.start(channel)

    def start(self, channel: Channel) -> str:
        registration = connecting.register(channel.base_url, RETURN)
        started = connecting.start_oauth(
            self.session, channel.id, registration, by=self.people.admin, settings=self.settings
        )
        self.session.commit()
        return started.url

    def agree(self, url: str, login: str = "officer") -> dict[str, str]:
        """Say yes at fakenet; give what the browser brings back."""
        answer = requests.get(f"{url}&login={login}", allow_redirects=False, timeout=5)
        return brought_back(answer)

    def come_back(self, brought: dict[str, str], **changes: object) -> Connection:
        wanted: dict[str, Any] = {
            "state": brought["state"],
            "code": brought["code"],
            "issuer": "",
            "by": self.people.admin,
            "settings": self.settings,
        }
        attempt = connecting.receive_code(self.session, **(wanted | changes))
        self.session.commit()
        return attempt

    def connect(self, url: str, login: str = "officer") -> Connection:
        attempt = self.come_back(self.agree(url, login))
        assert connecting.work_waiting(self.settings) == 1
        return attempt


def brought_back(answer: requests.Response) -> dict[str, str]:
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    return {name: values[0] for name, values in query.items()}
