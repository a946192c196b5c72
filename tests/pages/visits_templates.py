"""How the pages of saved templates are reached."""

from tests.pages.visiting import OFFICER, SUPERVISOR, Visit, refused

TEMPLATES = (
    Visit("templates.listed", OFFICER),
    Visit("templates.add", OFFICER),
    refused("templates.save_new", OFFICER, {"name": "", "text": "{{", "area": "{area_id}"}),
    Visit("templates.edit", OFFICER),
    refused("templates.change", OFFICER, {"name": "Surgery", "text": "At {{0}}"}),
    Visit("templates.fill", OFFICER),
    Visit("templates.fill", SUPERVISOR, "without a persona"),
    refused("templates.use", OFFICER, {"persona": "{persona}", "gap-1": "}}"}),
)
TEMPLATE_BUTTONS = ("templates.retire",)
