"""What is said in a video, for people who can't hear it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Captions:
    """WebVTT, or why there is none: nobody speaks, say."""

    text: str = ""
    why_none: str = ""
