"""The block that every resident reads: who I am, what I can and can't do here, when, who else."""

from collections.abc import Iterable
from dataclasses import dataclass

from officer_profiles.models import Persona


@dataclass(frozen=True)
class Missing:
    """Something that must be there before verification: the field, and what to do."""

    field: str
    what: str


_NEEDED = {
    "who_i_am": "Write who this is, in plain words.",
    "can_do": "Write what people can ask for here.",
    "cannot_do": "Write what can't be done here, such as taking reports of crime.",
    "hours": "Write when somebody reads and answers.",
    "who_else": "Write who else to turn to.",
}


def missing(persona: Persona, numbers: Iterable[str] = ()) -> list[Missing]:
    """Return what is missing before a supervisor may verify; `numbers` are the force's own.

    The numbers must stand under "who else": a resident in danger must not search for them.
    """
    found = [Missing(field, what) for field, what in _NEEDED.items() if not getattr(persona, field)]
    absent = [number for number in numbers if number not in persona.who_else]
    if persona.who_else and absent:
        found.append(Missing("who_else", f"Give the number {' and '.join(absent)} here."))
    if persona.photo_digest and not persona.photo_alt:
        found.append(Missing("photo_alt", "Describe the photo for people who can't see it."))
    return found
