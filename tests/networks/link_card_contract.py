"""What a link's card must come to on Bluesky, whoever answers."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.networks.contract import outgoing, picture
from vcp.networks.base import Network
from vcp.networks.media import Card

LINK = "https://force.example/posts/1/"
CARD = Card(LINK, "PC Sam Okoro", "We marked forty bikes.")


def check(network: Network, records: Callable[[], list[dict[str, Any]]], folder: Path) -> None:
    """A card goes out with its picture, without one that can't be used, and never with images."""
    with_picture = replace(CARD, picture=picture(folder, ""))
    post = outgoing(f"See {LINK}", card=with_picture)
    since = datetime.now(UTC)
    receipt = network.publish(post, "k")
    external = _embed(records)["external"]
    assert (external["uri"], external["title"]) == (LINK, "PC Sam Okoro")
    assert external["description"] == "We marked forty bikes."
    assert external["thumb"]["mimeType"] == "image/png"
    # The same post: again, with its picture gone meanwhile, and read back.
    assert network.publish(post, "k").remote_id == receipt.remote_id
    found = network.find(replace(post, card=CARD), since=since, taken=())
    assert found is not None
    assert network.find(replace(post, card=replace(CARD, title="X")), since=since, taken=()) is None
    assert network.find(replace(post, card=None), since=since, taken=()) is None

    changed = folder / "changed.png"
    changed.write_bytes(b"not the picture that was approved")
    for path in (folder / "gone.png", changed):
        bad = replace(picture(folder, ""), path=path)
        network.publish(outgoing(f"See {LINK}", card=replace(CARD, picture=bad)), "k")
        assert "thumb" not in _embed(records)["external"]
    network.publish(outgoing(f"See {LINK}", card=CARD, media=(picture(folder, "Y bont"),)), "k")
    assert _embed(records)["$type"] == "app.bsky.embed.images"


def _embed(records: Callable[[], list[dict[str, Any]]]) -> dict[str, Any]:
    newest = max(records(), key=lambda row: str(row["uri"]))
    embed: dict[str, Any] = newest["value"]["embed"]
    return embed
