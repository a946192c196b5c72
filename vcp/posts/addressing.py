"""What an answer has that a post of its own hasn't: whom it speaks to, and who may see it."""

from officer_profiles.models import CapabilityKind, Persona
from officer_profiles.signing import signed_text
from vcp.channels.models import Channel
from vcp.contacts.models import Message
from vcp.networks.base import Visibility

OWN = "own"
_VISIBILITY = {
    "public": Visibility.PUBLIC,
    "unlisted": Visibility.UNLISTED,
    "private": Visibility.DIRECT,
    "direct": Visibility.DIRECT,
}


def said_on(persona: Persona, channel: Channel, text: str, answers: Message | None) -> str:
    """Return the words as they leave for this channel: whom they answer, the words, who signs."""
    signed = signed_text(persona, channel, text)
    if answers is None or channel.network == OWN:
        return signed
    # Networks tell nobody of an answer that doesn't name them.
    mention = f"@{answers.handle}"
    return signed if signed.startswith(mention) else f"{mention} {signed}"


def visibility_of(answers: Message | None) -> Visibility:
    """Return who may see the words: an answer is never seen by more than what it answers."""
    if answers is None:
        return Visibility.PUBLIC
    if answers.contact.is_private:  # whatever of it was said in public before
        return Visibility.DIRECT
    return _VISIBILITY.get(answers.visibility, Visibility.DIRECT)


def leave_for(answers: Message | None) -> CapabilityKind:
    """Return the leave that a persona needs on the channel."""
    return CapabilityKind.POST if answers is None else CapabilityKind.REPLY
