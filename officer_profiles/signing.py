"""The persona's signature under a post on a shared channel."""

from officer_profiles.models import Persona
from vcp.channels.models import Channel


def signature_for(persona: Persona, channel: Channel) -> str:
    """Return what is put under the words on this channel: "– PC 4417", or nothing."""
    return f"– {persona.signature}" if channel.is_shared else ""


def signed_text(persona: Persona, channel: Channel, text: str) -> str:
    """Return the words as this channel shows them; a signature that stands there isn't doubled."""
    signature = signature_for(persona, channel)
    words = text.rstrip()
    if not signature or words.endswith(signature):
        return text
    return f"{words}\n{signature}" if words else signature
