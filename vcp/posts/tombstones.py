"""Why a post was taken down: a few reasons, each with the words that residents read."""

import enum


class WithdrawalReason(enum.StrEnum):
    """Why a post was taken down, as residents are told."""

    MISTAKE = "mistake"
    OUT_OF_DATE = "out_of_date"
    TOO_MUCH = "too_much"
    LEGAL = "legal"
    NOT_MEANT = "not_meant"

    @property
    def sentence(self) -> str:
        """The words on the public tombstone."""
        return PUBLIC_REASONS[self]


PUBLIC_REASONS = {
    WithdrawalReason.MISTAKE: "It said something that was wrong.",
    WithdrawalReason.OUT_OF_DATE: "It is out of date.",
    WithdrawalReason.TOO_MUCH: "It told more than it should have.",
    WithdrawalReason.LEGAL: "It was withdrawn for legal reasons.",
    WithdrawalReason.NOT_MEANT: "It was published by mistake.",
}
