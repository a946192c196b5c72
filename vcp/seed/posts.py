"""Which posts the invented force has: everyday ones over weeks, and one of every other kind."""

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from itertools import islice

from vcp.posts.tombstones import WithdrawalReason
from vcp.seed import texts
from vcp.seed.calendar import Calendar
from vcp.seed.personas import FORMER, OFFICE, Personas
from vcp.seed.tales import Stage, Tale
from vcp.seed.texts import Text
from vcp.seed.walk import Step

LONGEST_DAYS = 300
FEWEST_DAYS = 42
#: Nobody writes more often than every other day.
DAYS_BETWEEN = 2
OPENS, SHUTS = 8 * 60, 19 * 60
MOST_COUNT = 60
#: How many days ago one persona was suspended for a day, and the former officer left.
SUSPENDED, LEFT = 19, 21


def days_of(officers: int, posts: int) -> int:
    """Return over how many days so many posts are spread."""
    return max(FEWEST_DAYS, min(LONGEST_DAYS, DAYS_BETWEEN * posts // officers))


class Posts:
    """Tells the story of every post of one force; the same seed tells the same story."""

    def __init__(
        self, stage: Stage, personas: Personas, calendar: Calendar, chance: random.Random
    ) -> None:
        """Take the people, the days, and where chance comes from."""
        self.stage = stage
        self.personas = personas
        self.calendar = calendar
        self.chance = chance
        self.officers = personas.officers
        self.suspended = f"officer:{self.officers - 1}"

    def steps(self, posts: int) -> list[Step]:
        """Return every step of so many posts, the earliest first."""
        tales = [tell() for tell in islice(self._specials(), posts)]
        everyday = self._everyday(posts - len(tales), days_of(self.officers, posts))
        found = [step for tale in (*tales, *everyday) for step in tale.steps]
        return sorted(found, key=lambda step: step.at)

    def _everyday(self, wanted: int, days: int) -> Iterator[Tale]:
        # The first officer is whom a newcomer looks at, so they write twice as often.
        writers = ["officer:0", *(f"officer:{number}" for number in range(self.officers))]
        shuffled: list[Text] = []
        for number in range(wanted):
            if not shuffled:
                shuffled = self.chance.sample(texts.EVERYDAY, len(texts.EVERYDAY))
            day = 1 + (wanted - 1 - number) * (days - 1) // wanted
            writer = writers[number % len(writers)]
            if writer == self.suspended and SUSPENDED - 2 <= day <= SUSPENDED + 1:
                writer = writers[0]
            yield self._published(writer, day, shuffled.pop())

    def _published(self, writer: str, day: int, text: Text) -> Tale:
        minute = self.chance.randrange(OPENS, SHUTS)
        out = self.calendar.day(day, f"{minute // 60:02}:{minute % 60:02}")
        out += timedelta(seconds=self.chance.randrange(60))
        begun = out - timedelta(minutes=self.chance.randrange(25, 180))
        submitted = begun + timedelta(minutes=self.chance.randrange(3, 20))
        tale = self._tale(writer).written(begun, text).submitted(submitted)
        return tale.approved(out).published()

    def _tale(self, persona: str) -> Tale:
        place = self.personas.names[self.personas.patch(persona)]
        fills = {
            "place": place,
            "spot": self.chance.choice(texts.SPOTS),
            "day": self.chance.choice(texts.DAYS),
            "count": str(self.chance.randrange(7, MOST_COUNT)),
        }
        author = "officer:0" if persona == OFFICE else persona
        approver = self.personas.sergeant(persona)
        return Tale(self.stage, persona, author=author, approver=approver, fills=fills)

    def _specials(self) -> Iterator[Callable[[], Tale]]:
        """Give one tale of every other kind, those that a newcomer should meet first."""
        yield from (self._waiting, self._plate_waits, self._tomorrow, self._corrected)
        yield from (self._withdrawn, self._warned, self._plate_out, self._number)
        yield from (self._draft, self._sent_back, self._late, self._expired, self._cancelled)
        yield self._office_news
        yield partial(self._published, "officer:0", 2, texts.EVERYDAY[0])
        for day in (LEFT + 13, LEFT + 4):
            yield partial(self._published, FORMER, day, texts.EVERYDAY[day % 7])

    def _writer(self, number: int) -> Tale:
        return self._tale(f"officer:{number % self.officers}")

    def _waiting(self) -> Tale:
        ago = self.calendar.ago
        return self._writer(0).written(ago(64), texts.WAITING).submitted(ago(51))

    def _plate_waits(self) -> Tale:
        ago = self.calendar.ago
        return self._writer(2).written(ago(31), texts.PLATE_WAITS).submitted(ago(26))

    def _tomorrow(self) -> Tale:
        ago, wanted = self.calendar.ago, self.calendar.typed(-1, "09:00")
        tale = self._writer(0).written(ago(190), texts.TOMORROW, wanted=wanted)
        return tale.submitted(ago(185)).approved(ago(140))

    def _corrected(self) -> Tale:
        day = self.calendar.day
        tale = self._writer(1).written(day(6, "11:20"), texts.CORRECTED_FIRST)
        tale.submitted(day(6, "11:25")).approved(day(6, "11:48")).published()
        return tale.corrected(day(6, "13:05"), texts.CORRECTED_NOW, texts.CORRECTION_REASON)

    def _withdrawn(self) -> Tale:
        day = self.calendar.day
        tale = self._writer(3).written(day(9, "15:02"), texts.WITHDRAWN)
        tale.submitted(day(9, "15:06")).approved(day(9, "15:31")).published()
        note = "The hall has no car park; a resident rang."
        return tale.withdrawn(day(9, "16:15"), WithdrawalReason.MISTAKE, note)

    def _warned(self) -> Tale:
        ago = self.calendar.ago
        tale = self._writer(2).written(ago(98), texts.WARNED)
        return tale.submitted(ago(92), texts.WARNED_REASON)

    def _plate_out(self) -> Tale:
        day = self.calendar.day
        tale = self._writer(0).written(day(4, "10:01"), texts.PLATE_IN)
        tale.submitted(day(4, "10:03")).taken_back(day(4, "10:06"))
        tale.rewritten(day(4, "10:08"), texts.PLATE_OUT).submitted(day(4, "10:09"))
        return tale.approved(day(4, "10:22")).published()

    def _number(self) -> Tale:
        day = self.calendar.day
        tale = self._writer(2).written(day(13, "09:10"), texts.NUMBER)
        tale.submitted(day(13, "09:14"))
        category = "personal_data"
        tale.let_go(day(13, "09:32"), "duty_inspector", category, texts.NUMBER_REASON)
        return tale.approved(day(13, "09:40")).published()

    def _draft(self) -> Tale:
        return self._writer(0).written(self.calendar.ago(15), texts.DRAFT)

    def _sent_back(self) -> Tale:
        day = self.calendar.day
        tale = self._writer(3).written(day(1, "16:40"), texts.SENT_BACK)
        tale.submitted(day(1, "16:42"))
        return tale.sent_back(day(1, "17:05"), texts.SENT_BACK_REASON)

    def _late(self) -> Tale:
        day, wanted = self.calendar.day, self.calendar.typed(1, "11:00")
        tale = self._writer(4).written(day(2, "17:10"), texts.LATE, wanted=wanted)
        return tale.submitted(day(2, "17:12")).approved(day(1, "13:30"))

    def _expired(self) -> Tale:
        """A post that its time ran out for, while its persona was suspended for a day."""
        day, typed = self.calendar.day, self.calendar.typed
        key, sergeant = self.suspended, self.personas.sergeant(self.suspended)
        tale = self._tale(key).written(
            day(SUSPENDED, "09:20"),
            texts.EXPIRED,
            wanted=typed(SUSPENDED, "16:00"),
            not_after=typed(SUSPENDED, "19:00"),
        )
        tale.submitted(day(SUSPENDED, "09:22")).approved(day(SUSPENDED, "10:15"))
        personas, why = self.personas, "The officer’s phone was lost; stopped until it is found."
        tale.happened(
            day(SUSPENDED, "12:05"), lambda session: personas.suspend(session, key, sergeant, why)
        )
        tale.expired(day(SUSPENDED, "19:00") + timedelta(seconds=20))
        found = "The phone was found in the van and nobody had used it."
        return tale.happened(
            day(SUSPENDED - 1, "09:30"),
            lambda session: personas.restore(session, key, sergeant, found),
        )

    def _cancelled(self) -> Tale:
        day = self.calendar.day
        tale = self._writer(3).written(day(11, "08:50"), texts.CANCELLED)
        return tale.submitted(day(11, "08:52")).cancelled(day(11, "09:15"))

    def _office_news(self) -> Tale:
        return self._published(OFFICE, FEWEST_DAYS - 2, texts.OFFICE_NEWS)
