"""Links, mentions and hashtags are found where people mean them, and counted in bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vcp.networks.bluesky_facets import facets

KNOWN = {"ann.example": "did:plc:ann", "force.gov.uk": "did:plc:force"}


def marked(text: str) -> list[tuple[str, str]]:
    """What each facet covers, and what it leads to."""
    said = text.encode()
    found = []
    for facet in facets(text, KNOWN.get):
        (feature,) = facet["features"]
        place = facet["index"]
        covered = said[place["byteStart"] : place["byteEnd"]].decode()
        found.append((covered, feature.get("uri") or feature.get("did") or feature["tag"]))
    return found


@pytest.mark.parametrize(
    "text, found",
    [
        ("", []),
        ("🚔 @ann.example, thanks", [("@ann.example", "did:plc:ann")]),
        ("@Ann.Example", [("@Ann.Example", "did:plc:ann")]),
        ("(@force.gov.uk)", [("@force.gov.uk", "did:plc:force")]),
        ("@nobody.example and @ann", []),
        ("ann@ann.example", []),
        ("@ann@ann.example", []),
        ("See https://a.uk/b?c=d#e.", [("https://a.uk/b?c=d#e", "https://a.uk/b?c=d#e")]),
        ("(https://a.uk/b)", [("https://a.uk/b", "https://a.uk/b")]),
        ("https://a.uk/b_(c)", [("https://a.uk/b_(c)", "https://a.uk/b_(c)")]),
        ("“https://a.uk”", [("https://a.uk", "https://a.uk")]),
        ("https://a.uk/@ann.example", [("https://a.uk/@ann.example",) * 2]),
        ("https://a.uk/#tag", [("https://a.uk/#tag", "https://a.uk/#tag")]),
        ("https://[", []),
        ("a.uk is bare", []),
        ("#BoreDa, #Siân!", [("#BoreDa", "BoreDa"), ("#Siân", "Siân")]),
        ("#1 and #2026", []),
        ("a#b", []),
        ("＃日本", [("＃日本", "日本")]),
        ("#️⃣ is a key", []),
        ("#" + "a" * 65, []),
    ],
)
def test_what_is_marked(text: str, found: list[tuple[str, str]]) -> None:
    assert marked(text) == found


@given(st.text(alphabet=st.sampled_from("a.@#:/h tps é👍🏽 \n()uk-"), max_size=60))
def test_facets_lie_in_the_text_in_order_and_apart(text: str) -> None:
    end = 0
    for facet in facets(text, lambda handle: f"did:web:{handle}"):
        assert end <= facet["index"]["byteStart"] < facet["index"]["byteEnd"]
        end = facet["index"]["byteEnd"]
    assert end <= len(text.encode())
