"""Visits of what residents see and send, and of what officers see of it."""

from tests.pages.scene import STRANGER
from tests.pages.visiting import AUDITOR, MODERATOR, OFFICER, SUPERVISOR, Visit, refused
from tests.security.steps import ENDING, JUDGED, SPOKEN


def contact(name: str) -> dict[str, str]:
    return {"contact_id": f"contact_{name}"}


OWN = {"officer": "persona_slug"}
NEW = {"persona": "persona_slug"}
FORMS = (
    Visit("ask.form", STRANGER),
    Visit("ask.form", STRANGER, "officer", query=OWN),
    Visit("ask.form", STRANGER, "feedback", query={**OWN, "about": "feedback"}),
    Visit("ask.form", STRANGER, "somebody away", query={"officer": "suspended_slug"}),
    Visit("ask.form", STRANGER, "nobody", query={"officer": "nobody"}, status=404),
    refused("ask.send", STRANGER, {"text": "", "website": "x", "form_key": "{form_key}"}),
    Visit("ask.asked", STRANGER),
    Visit("ask.asked", STRANGER, "urgent", {"secret": "asked_urgent"}),
    Visit("ask.asked", STRANGER, "answered", {"secret": "asked_answered"}),
    Visit("ask.asked", STRANGER, "read", {"secret": "asked_read"}),
    Visit("ask.asked", STRANGER, "late", {"secret": "asked_late"}),
    Visit("ask.asked", STRANGER, "told", {"secret": "asked_missed"}),
    Visit("ask.asked", STRANGER, "closed", {"secret": "asked_closed"}),
    Visit("ask.asked", STRANGER, "no such", {"secret": "0"}, status=404),
    Visit("check.form", STRANGER),
    refused("check.answer", STRANGER, {"what": ""}),
    *(
        Visit("check.answer", STRANGER, name, fields={"what": typed})
        for name, typed in (
            ("genuine", "{account_handle}"),
            ("name", "{persona_name}"),
            ("look-alike", "{account_local}@towns.example"),
            ("ended", "{base_url}/officers/{ended_slug}/"),
            ("post", "{base_url}/posts/{public_id}/"),
            ("withdrawn", "{base_url}/posts/{withdrawn_id}/"),
            ("unknown post", "{base_url}/posts/nothing/"),
            ("our site", "{base_url}/"),
            ("our mail", "no-reply@carrowdale.police.example"),
            ("unknown", "@somebody@elsewhere.example"),
        )
    ),
)
ANSWERED = {"text": "At noon.", "language": "en", "action": "check"}
CONTACTS = (
    Visit("posts.answer", OFFICER),
    Visit("posts.answer", SUPERVISOR, "nobody to answer as"),
    Visit("posts.create_answer", OFFICER, "checked", query=NEW, fields=ANSWERED),
    refused(
        "posts.create_answer", OFFICER, {**ANSWERED, "text": "", "action": "submit"}, query=NEW
    ),
    Visit("replies.listed", SUPERVISOR),
    Visit("replies.listed", OFFICER, "only read"),
    refused("replies.propose", SUPERVISOR, {"category": "crime_report", "text": "Ring {{phone}}."}),
    Visit("contacts.listed", OFFICER),
    Visit("contacts.listed", SUPERVISOR, "mine", query={"whose": "mine"}),
    Visit("contacts.listed", MODERATOR, "closed", query={"state": "closed"}),
    Visit("contacts.listed", SUPERVISOR, "late", query={"state": "late"}),
    Visit("contacts.listed", OFFICER, "nothing found", query={"q": "no such words"}),
    Visit("contacts.listed", AUDITOR, "not allowed", status=403),
    Visit("contacts.show", OFFICER),
    *(
        Visit("contacts.show", SUPERVISOR, name, contact(name))
        for name in ("waiting", "closed", "wide", "private", "urgent", "logged", "late", "changed")
    ),
    Visit("contacts.show", OFFICER, "complaint", contact("complaint")),
    Visit("contacts.log", OFFICER),
    refused("contacts.log_now", OFFICER, SPOKEN | {"summary": "", "on": "soon"}),
    refused("contacts.note", OFFICER, {"note-text": ""}),
    refused("contacts.wait", OFFICER, {"wait-text": ""}),
    refused("contacts.close", OFFICER, ENDING | {"close-reason": ""}),
    Visit("contacts.close", SUPERVISOR, "desk has it", contact("urgent"), {}, ENDING, 409),
    refused("contacts.reopen", OFFICER, {"reopen-text": ""}, gaps=contact("closed")),
    refused("contacts.judge", OFFICER, JUDGED | {"judge-priority": "P1"}),
)
RESIDENTS = (*FORMS, *CONTACTS)
