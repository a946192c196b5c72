"""How the pages about times are reached: the calendar, series, imports, what is set."""

from tests.pages.visiting import AUDITOR, OFFICER, SUPERVISOR, Visit, refused
from tests.security.steps import SERIES_RULE

NEW = {"persona": "persona_slug"}
GOOD = "persona,text\n{persona_slug},Bikes are marked.\n"
BAD = "persona,text,when\n{persona_slug},Bikes are marked.,soon\nnobody,x,\n"
DRAFT = {"post_id": "post_draft"}
BAD_RULE = SERIES_RULE | {"starts_on": "soon", "times": "many"}

EMPTY = (
    Visit("calendar.show", SUPERVISOR),
    Visit("series.listed", OFFICER),
    Visit("times.listed", SUPERVISOR),
    Visit("posts.import_page", OFFICER),
)
SCHEDULE = (
    Visit("calendar.show", OFFICER),
    Visit("calendar.show", OFFICER, "week", query={"view": "week"}),
    Visit("calendar.show", AUDITOR, "day", query={"view": "day"}),
    Visit("calendar.show", SUPERVISOR, "narrowed", query={"state": "planned", "persona": "1"}),
    Visit("series.listed", OFFICER),
    Visit("series.show", OFFICER),
    Visit("series.show", OFFICER, "stopped", gaps={"series_id": "series_stopped"}),
    Visit("series.show", OFFICER, "not approved", gaps={"series_id": "series_wide"}),
    Visit("series.show", AUDITOR, "only read"),
    Visit("series.new", SUPERVISOR, "nobody to write as"),
    Visit("series.new", OFFICER, "as one", query=NEW),
    refused("series.create", OFFICER, BAD_RULE | {"name": ""}, query=NEW),
    Visit("series.edit", OFFICER),
    refused("series.change", OFFICER, BAD_RULE),
    Visit("times.listed", SUPERVISOR),
    Visit("times.listed", OFFICER, "only read"),
    refused("times.add_slot", SUPERVISOR, {"slot-name": "", "slot-area_id": "{area_id}"}),
    refused("times.add_quiet_hours", SUPERVISOR, {"quiet-area_id": "{area_id}"}),
    refused("times.add_window", SUPERVISOR, {"window-area_id": "{area_id}"}),
    Visit("posts.ask_move", OFFICER, gaps=DRAFT),
    refused("posts.move", OFFICER, {"when": "later", "on": "x", "at": "y"}, gaps=DRAFT),
    Visit("posts.import_page", OFFICER),
    Visit("posts.import_now", OFFICER, "checked", fields={"text": GOOD, "step": "check"}),
    refused("posts.import_now", OFFICER, {"text": BAD, "step": "check"}),
)
