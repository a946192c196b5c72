"""Areas: force > district > neighbourhood > beat, each with the dates between which it holds."""

import enum
from datetime import date

from sqlalchemy import Date, Enum, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vcp.kernel.db import Base


class AreaKind(enum.StrEnum):
    """The four levels, widest first."""

    FORCE = "force"
    DISTRICT = "district"
    NEIGHBOURHOOD = "neighbourhood"
    BEAT = "beat"


class Area(Base):
    """One place that officers work for."""

    __tablename__ = "area"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[AreaKind] = mapped_column(
        Enum(
            AreaKind,
            native_enum=False,
            create_constraint=True,
            length=16,
            name="kind_known",
            values_callable=lambda kinds: [kind.value for kind in kinds],
        )
    )
    name: Mapped[str] = mapped_column(String(120))
    slug: Mapped[str] = mapped_column(String(140), unique=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    #: Ids from the force down to this area, as in `/1/4/`: below is whatever begins with it.
    path: Mapped[str] = mapped_column(String(120), index=True)
    description: Mapped[str] = mapped_column(Text, default="")
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)

    parent: Mapped["Area | None"] = relationship(remote_side="Area.id")
