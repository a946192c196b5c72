import subprocess
import sys
from pathlib import Path

import pytest

from tests.networks.rigs import FolderWriter
from vcp.networks.base import Network, Reason, Rejected, Unauthorised
from vcp.networks.bluesky import BlueskyNetwork
from vcp.networks.mastodon import MastodonNetwork
from vcp.networks.own import OwnFeed
from vcp.networks.registry import ADDRESSES, NETWORKS, PASTED_KEYS, connect
from vcp.networks.x import XNetwork

TOKEN = {"access_token": "abc"}
KEYS = dict.fromkeys(PASTED_KEYS["x"], "abc")


def test_a_channel_gets_the_adapter_of_its_network(tmp_path: Path) -> None:
    found: Network = connect(
        "mastodon", base_url="https://social.example", credentials=TOKEN, account_id="1"
    )
    assert isinstance(found, MastodonNetwork)
    own = connect(
        "own", base_url="", credentials={}, account_id=None, writer=FolderWriter(tmp_path)
    )
    assert isinstance(own, OwnFeed)
    x = connect("x", base_url=ADDRESSES["x"], credentials=KEYS, account_id=None)
    assert isinstance(x, XNetwork)
    password = {"identifier": "force.example", "app_password": "abc"}
    bluesky = connect(
        "bluesky", base_url=ADDRESSES["bluesky"], credentials=password, account_id=None
    )
    assert isinstance(bluesky, BlueskyNetwork)
    assert {found.name, own.name, bluesky.name, x.name} == NETWORKS.keys()


def test_an_unknown_network_an_address_and_a_missing_token_are_refused() -> None:
    with pytest.raises(Rejected) as refused:
        connect("elsewhere", base_url="", credentials=TOKEN, account_id=None)
    assert refused.value.reason is Reason.UNSUPPORTED
    with pytest.raises(Rejected) as refused:
        connect("mastodon", base_url="http://a.example", credentials=TOKEN, account_id=None)
    assert refused.value.reason is Reason.ADDRESS
    with pytest.raises(Unauthorised):
        connect("mastodon", base_url="https://a.example", credentials={}, account_id=None)
    for key in KEYS:
        less = {name: value for name, value in KEYS.items() if name != key}
        with pytest.raises(Unauthorised, match="four keys"):
            connect("x", base_url="https://a.example", credentials=less, account_id=None)
    with pytest.raises(ValueError, match="writer"):
        connect("own", base_url="", credentials={}, account_id=None)


@pytest.mark.parametrize("token", ["a b", "a\nb", "é", "a\r\nX: y"])
def test_a_token_that_cannot_stand_in_a_header_is_refused(token: str) -> None:
    with pytest.raises(Unauthorised):
        MastodonNetwork("https://social.example", token)


def test_a_token_that_is_a_files_name_is_not_read_from_it(tmp_path: Path) -> None:
    """The library opens a token that names a file and takes its first line."""
    secret = tmp_path / "secret"
    secret.write_text("not for others")
    network = MastodonNetwork("https://social.example", str(secret))
    assert network._token == str(secret)


def test_the_library_is_loaded_only_for_a_channel_that_needs_it() -> None:
    script = (
        "import sys\n"
        "import vcp.networks.base, vcp.networks.registry, vcp.networks.addresses\n"
        "import vcp.networks.mastodon_sign_in, vcp.networks.fake\n"
        "assert not {'mastodon', 'tweepy'} & sys.modules.keys()\n"
        "vcp.networks.registry.connect('mastodon', base_url='https://a.example',\n"
        "    credentials={'access_token': 'x'}, account_id=None)\n"
        "assert 'mastodon' in sys.modules\n"
        "assert 'tweepy' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
