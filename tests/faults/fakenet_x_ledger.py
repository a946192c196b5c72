"""What X's part of fakenet has accepted, and what others said there."""

from dataclasses import dataclass

from tests.faults.fakenet_clock import now
from tests.faults.fakenet_faults import Behaviour
from tests.faults.fakenet_inbox import Inbox
from tests.faults.fakenet_ledger import Ledger

_EPOCH_MS = 1_288_834_974_657


@dataclass
class Upload:
    """Segments of an image on their way in."""

    account: str
    media_type: str
    total: int
    parts: dict[int, bytes]


class XLedger(Ledger):
    """Ids are numbers of 19 digits that grow with time."""

    _last = 0

    def new_id(self) -> str:
        with self.lock:
            now_ms = int(now().timestamp() * 1000)
            self._last = max(self._last + 1, (now_ms - _EPOCH_MS) << 22)
            return str(self._last)


class XInbox(Inbox):
    """Every edit has an id of its own; the first keeps the first words."""

    def __init__(self, ledger: Ledger, behaviour: Behaviour) -> None:
        super().__init__(ledger.new_id, behaviour, 1)
        self.first_words: dict[str, str] = {}
        self.edits: dict[str, str] = {}
        self._ledger = ledger

    def edit(self, said_id: str, text: str) -> None:
        one = self._find(said_id)
        self.first_words[said_id] = one.text
        self.edits[said_id] = self._ledger.new_id()
        super().edit(said_id, text)
