"""A valid request for every route: what a browser would send, with ids of one area or the other."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.factories.users import PASSWORD, code_now
from tests.security.world import World
from vcp.kernel import clock
from vcp.networks.registry import PASTED_KEYS

#: What stands in an address's gap unless a step says otherwise.
USUAL = {
    "alarm_id": "alarm",
    "area_id": "area_id",
    "capability_id": "capability_id",
    "case_id": "case_id",
    "channel_id": "channel",
    "connection_id": "connection_id",
    "contact_id": "contact_id",
    "correction_id": "correction_submitted",
    "delivery_id": "delivery_id",
    "desk_id": "desk_id",
    "grant_id": "grant_id",
    "hand_over_id": "hand_over_id",
    "message_id": "message_id",
    "name": "image",
    "pause_id": "pause_id",
    "persona_id": "persona",
    "post_id": "post_submitted",
    "reply_id": "reply_id",
    "secret": "asked_secret",
    "row_id": "slot_id",
    "series_id": "series_id",
    "sign_in_id": "sign_in_id",
    "day": "series_day",
    "template_id": "template_id",
    "token": "token",
    "user_id": "user_id",
}
CHOICES = {
    "kind": "slot",
    "purpose": "reset_password",
    "step": "suspend",
    "verb": "deactivate",
}


@dataclass(frozen=True)
class Step:
    """One request; `{name}` in its fields is filled from the things of a side."""

    method: str
    route: str
    fields: dict[str, str] = field(default_factory=dict)
    gaps: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.method} {self.route}"

    def request(self, world: World, who: str, side: str) -> dict[str, Any]:
        """Return what the client sends when this person does it to things of this side."""
        things = {"sign_in_id": world.browsers.get(who, "1")} | _moment() | world.side(side)

        def fill(gap: re.Match[str]) -> str:
            name = gap[2]
            return CHOICES.get(name) or things[self.gaps.get(name, USUAL[name])]

        asked: dict[str, Any] = {
            "method": self.method,
            "path": re.sub(r"<(?:(\w+(?:\([^)]*\))?):)?(\w+)>", fill, self.route),
            "query_string": _filled(self.query, things),
        }
        if self.method == "POST":
            asked["data"] = _filled(self.fields, things)
        return asked


def _filled(fields: dict[str, str], things: dict[str, str]) -> dict[str, str]:
    return {name: text.format_map(things) for name, text in fields.items()}


def _moment() -> dict[str, str]:
    """Return what changes from one moment to the next."""
    now = clock.now()
    return {
        "code": code_now(),
        "today": f"{now:%Y-%m-%d}",
        "soon": f"{now + timedelta(days=90):%Y-%m-%d}",
        "password": PASSWORD,
    }


POST = "/staff/posts/<int:post_id>"
CORRECTION = "/staff/posts/corrections/<int:correction_id>"
PERSONA = "/staff/personas/<int:persona_id>"
CHANNEL = "/staff/channels/<int:channel_id>"
KEYS = dict.fromkeys(PASTED_KEYS["x"], "a key")
DELIVERY = "/staff/deliveries/<uuid:delivery_id>"
ALARM = "/staff/alarms/<int:alarm_id>"
CONTROL = "/staff/control"
STAFF = "/staff/<int:user_id>"
CONTACT = "/staff/contacts/<int:contact_id>"

CASE = "/staff/cases/<int:case_id>"
ACKNOWLEDGE = "/acknowledge/<token>"
HAND_OVER_LINK = {"token": "hand_over_token"}
ABOUT_DESK = {"name": "Control room", "phone": "01632 960001", "acknowledge_minutes": "10"}
REASON = {"reason": "There is a reason for this."}
DRAFT, RELEASED = {"post_id": "post_draft"}, {"post_id": "post_released"}
OPEN_CORRECTION = {"correction_id": "correction_draft"}
WORDS = {"text": "Other words about bikes.", "language": "en", "action": "save"}
PASSWORDS = {"password": "otter violin cedar", "password_again": "otter violin cedar"}
ABOUT_PERSONA = {
    "display_name": "PC Robin Hale",
    "signature": "PC 4417",
    "collar_number": "4417",
    "rank": "Police constable",
    "language": "en",
    "who_i_am": "Your officer.",
    "can_do": "Mark bikes.",
    "cannot_do": "Take reports.",
    "hours": "Weekdays.",
    "who_else": "In an emergency ring 999, otherwise 101.",
}
TEMPLATE = "/staff/posts/templates/<int:template_id>"
TEMPLATE_WORDS = {"name": "Surgery", "text": "Surgery at {{place}}.", "language": "en"}
ROLE = {"first-role": "officer", "first-area": "{area_id}"}
CSV = "kind,name,parent,valid_from\nbeat,New beat,{area_slug},2026-01-01\n"

SPOKEN = {
    "kind": "visit",
    "summary": "Parking at the school.",
    "category": "asb_service_request",
    "area": "{area_id}",
    "on": "{today}",
    "at": "00:00",
}
ENDING = {"close-disposition": "replied", "close-reason": "Told them."}
JUDGED = {"judge-category": "crime_report", "judge-priority": "P3", "judge-reason": "It is."}
SERIES_RULE = {
    "name": "Surgery",
    "every": "week",
    "days": "TU",
    "nth": "1",
    "month_day": "1",
    "starts_on": "{today}",
    "at": "09:30",
    "ends": "times",
    "times": "9",
    "late_minutes": "60",
}
POSTS_CSV = "persona,text\n{persona_slug},Bikes are marked on Friday.\n"
ASKED = {"text": "When do you mark bikes again?", "form_key": "{form_key}"}

#: Whatever isn't listed is asked for as it stands, with the usual ids and no fields.
SPECIAL = (
    Step("POST", "/ask", ASKED, query={"place": "{area_slug}"}),
    Step("POST", "/check", {"what": "@somebody@towns.example"}),
    Step("POST", "/staff/contacts/log", SPOKEN),
    Step("POST", f"{CONTACT}/note", {"note-text": "Rang them."}),
    Step("POST", f"{CONTACT}/wait", {"wait-text": "Which lamp?"}),
    Step("POST", f"{CONTACT}/resume", gaps={"contact_id": "contact_waiting"}),
    Step("POST", f"{CONTACT}/close", ENDING),
    Step("POST", f"{CONTACT}/reopen", {"reopen-text": "Again."}, {"contact_id": "contact_closed"}),
    Step("POST", f"{CONTACT}/judge", JUDGED),
    Step("POST", "/account/password", {"old_password": "{password}", **PASSWORDS}),
    Step("POST", "/areas/<int:area_id>", {"description": "By the water."}),
    Step("GET", "/areas/<int:area_id>/end", gaps={"area_id": "beat"}),
    Step("POST", "/areas/<int:area_id>/end", {"last_day": "{soon}"}, {"area_id": "beat"}),
    Step(
        "POST",
        "/areas/add",
        {"parent_id": "{area_id}", "name": "Quayside", "valid_from": "{today}"},
    ),
    Step("POST", "/areas/import", {"text": CSV, "step": "import"}),
    Step("POST", "/sign-in/again", {"factor_code": "{code}"}),
    Step("GET", f"{STAFF}/<any(suspend, restore, depart):step>"),
    Step("POST", f"{STAFF}/<any(suspend, restore, depart):step>", REASON),
    Step("POST", f"{STAFF}/roles", {"first-role": "moderator", "first-area": "{area_id}"}),
    Step(
        "POST",
        "/staff/invite",
        {"email": "new@force.example", "display_name": "PC New", **ROLE},
    ),
    Step("POST", "/staff/cases/<int:case_id>/release", {"category": "{category}", **REASON}),
    Step("POST", "/staff/cases/<int:case_id>/return", REASON),
    Step("GET", "/staff/cases/changes", query={"once": "1"}),
    Step("POST", f"{CASE}/claim", gaps={"case_id": "case_contact"}),
    Step("POST", f"{CASE}/put-back", gaps={"case_id": "case_claimed"}),
    Step("POST", f"{CASE}/note", {"text": "Rang them."}, {"case_id": "case_contact"}),
    Step("POST", f"{CASE}/hand-over", {"desk_id": "{desk_id}"}, {"case_id": "case_contact"}),
    Step(
        "POST",
        f"{CASE}/hand-overs/<int:hand_over_id>/acknowledged",
        {"name": "Jo Poe", "reference": "INC 7"},
        {"case_id": "case_handed"},
    ),
    Step(
        "POST",
        f"{CASE}/standard-reply",
        {"message_id": "{case_message}", "sha256": "{reply_sha256}"},
        {"case_id": "case_contact"},
    ),
    Step(
        "POST",
        f"{CASE}/dispose",
        {"disposition": "no_action", **REASON},
        {"case_id": "case_contact"},
    ),
    Step("POST", f"{CASE}/reopen", REASON, {"case_id": "case_disposed"}),
    Step(
        "POST", "/staff/posts/answers/<int:message_id>", WORDS, query={"persona": "{persona_slug}"}
    ),
    Step(
        "POST",
        "/staff/replies",
        {"category": "crime_report", "language": "en", "text": "Report it at {{url}}."},
    ),
    Step("POST", "/staff/replies/<int:reply_id>/approve", {"sha256": "{proposed_sha256}"}),
    Step("POST", "/staff/desks/<int:desk_id>", {**ABOUT_DESK, "version": "1"}),
    Step("GET", ACKNOWLEDGE, gaps=HAND_OVER_LINK),
    Step("POST", ACKNOWLEDGE, {"name": "Jo Poe"}, HAND_OVER_LINK),
    Step(
        "POST",
        f"{CHANNEL}/confirm",
        {"account_id": "{account_id}"},
        {"channel_id": "channel_proposed"},
    ),
    Step("POST", f"{CHANNEL}/connect", gaps={"channel_id": "channel_proposed"}),
    Step("GET", f"{CHANNEL}/keys", gaps={"channel_id": "channel_keyed"}),
    Step("POST", f"{CHANNEL}/keys", KEYS, {"channel_id": "channel_keyed"}),
    Step("POST", f"{CHANNEL}/disconnect", REASON),
    Step("GET", f"{CHANNEL}/budget", gaps={"channel_id": "channel_keyed"}),
    Step("POST", f"{CHANNEL}/budget", {"dollars": "25"}, {"channel_id": "channel_keyed"}),
    Step(
        "POST",
        f"{CHANNEL}/edit",
        {"name": "Another name", "settle_policy": "read", "settle_after_s": "20"},
    ),
    Step(
        "POST",
        "/staff/channels/connect",
        {"base_url": "http://127.0.0.1:9", "name": "New channel", "area_id": "{area_id}"},
    ),
    Step("POST", "/staff/channels/connections/finish", {"state": "{oauth_state}", "code": "c"}),
    Step("POST", f"{ALARM}/call-ours", REASON),
    Step("POST", f"{ALARM}/explain", REASON),
    Step("POST", f"{ALARM}/reopen", gaps={"alarm_id": "alarm_ours"}),
    Step("POST", f"{ALARM}/disavow", {"sha256": "{disavow_sha256}", "whole_account": ""}),
    Step("POST", f"{DELIVERY}/give-up", REASON),
    Step("POST", f"{DELIVERY}/gone", gaps={"delivery_id": "delivery_stays"}),
    Step("POST", f"{CONTROL}/pause", {"what": "persona:{persona}", "why": "There is a reason."}),
    Step("POST", f"{CONTROL}/<int:pause_id>/lift", REASON),
    Step("POST", f"{CONTROL}/<int:pause_id>/confirm", gaps={"pause_id": "pause_proposed"}),
    Step("POST", f"{CONTROL}/<int:pause_id>/keep", gaps={"pause_id": "pause_proposed"}),
    Step("POST", f"{CONTROL}/held", {"delivery_ids": "{delivery_held}", "decision": "let_go"}),
    Step("POST", f"{CONTROL}/budgets", {"persona_id": "{persona}", "posts_per_hour": "5"}),
    Step("POST", f"{DELIVERY}/say-published", {"url": "https://social.example/@harbour/1"}),
    Step(
        "POST",
        f"{PERSONA}/edit",
        {**ABOUT_PERSONA, "version": "{persona_version}"},
        {"persona_id": "persona_draft"},
    ),
    Step("GET", f"{PERSONA}/edit", gaps={"persona_id": "persona_draft"}),
    Step("POST", f"{PERSONA}/end", {**REASON, "successor_id": "0"}),
    Step(
        "POST",
        f"{PERSONA}/leave",
        {"channel_id": "{channel}", "kind": "post", "expires_on": "{soon}"},
    ),
    Step(
        "POST", f"{PERSONA}/members", {"user_id": "{user_email}"}, {"persona_id": "persona_office"}
    ),
    Step(
        "POST",
        f"{PERSONA}/members/<int:user_id>/remove",
        gaps={"persona_id": "persona_office", "user_id": "member"},
    ),
    Step("GET", f"{PERSONA}/restore", gaps={"persona_id": "persona_suspended"}),
    Step("POST", f"{PERSONA}/restore", REASON, {"persona_id": "persona_suspended"}),
    Step("POST", f"{PERSONA}/suspend", REASON),
    Step("GET", f"{PERSONA}/verify", gaps={"persona_id": "persona_draft"}),
    Step(
        "POST",
        f"{PERSONA}/verify",
        {"basis": "Warrant card seen in person.", "expires_on": "{soon}"},
        {"persona_id": "persona_draft"},
    ),
    Step(
        "POST",
        "/staff/personas/propose",
        {**ABOUT_PERSONA, "kind": "officer", "area_id": "{area_id}"},
    ),
    Step("POST", "/staff/posts/templates/add", {**TEMPLATE_WORDS, "area": "{area_id}"}),
    Step("POST", TEMPLATE, TEMPLATE_WORDS),
    Step("POST", f"{TEMPLATE}/use", {"persona": "{persona}", "gap-1": "the library"}),
    Step("POST", f"{POST}/approve", {"revision_sha256": "{sha_submitted}"}),
    Step("GET", f"{POST}/correct", gaps=RELEASED),
    Step("POST", f"{POST}/correct", {**WORDS, **REASON}, RELEASED),
    Step("GET", f"{POST}/edit", gaps=DRAFT),
    Step("POST", f"{POST}/edit", WORDS, DRAFT),
    Step("GET", f"{POST}/schedule", gaps={"post_id": "post_missed"}),
    Step("POST", f"{POST}/schedule", {"when": "now"}, {"post_id": "post_missed"}),
    Step("GET", f"{POST}/move", gaps=DRAFT),
    Step("POST", f"{POST}/move", {"when": "now", "action": "save"}, DRAFT),
    Step("POST", "/staff/posts/import", {"text": POSTS_CSV, "step": "import"}),
    Step("GET", "/staff/series/new", query={"persona": "{persona_slug}"}),
    Step("POST", "/staff/series/new", SERIES_RULE, query={"persona": "{persona_slug}"}),
    Step("POST", "/staff/series/<int:series_id>/rule", SERIES_RULE),
    Step(
        "POST",
        "/staff/times/slots",
        {"slot-area_id": "{area_id}", "slot-name": "Noon", "slot-days": "MO", "slot-at": "12:00"},
    ),
    Step(
        "POST",
        "/staff/times/quiet-hours",
        {
            "quiet-area_id": "{area_id}",
            "quiet-days": "MO",
            "quiet-begins": "22:00",
            "quiet-ends": "07:00",
        },
    ),
    Step(
        "POST",
        "/staff/times/windows",
        {
            "window-area_id": "{area_id}",
            "window-first_day": "{soon}",
            "window-last_day": "{soon}",
        },
    ),
    Step("POST", f"{POST}/send-back", REASON),
    Step("POST", f"{POST}/submit", gaps=DRAFT),
    Step("GET", f"{POST}/withdraw", gaps=RELEASED),
    Step("POST", f"{POST}/withdraw", {"reason": "mistake"}, RELEASED),
    Step("POST", "/staff/posts/check", WORDS),
    Step("GET", f"{CORRECTION}/edit", gaps=OPEN_CORRECTION),
    Step("POST", f"{CORRECTION}/edit", {**WORDS, **REASON}, OPEN_CORRECTION),
    Step("POST", f"{CORRECTION}/approve", {"revision_sha256": "{sha_correction}"}),
    Step("POST", f"{CORRECTION}/send-back", REASON),
    Step("POST", f"{CORRECTION}/submit", gaps=OPEN_CORRECTION),
    Step("GET", "/staff/posts/new", query={"persona": "{persona_slug}"}),
    Step("POST", "/staff/posts/new", WORDS, query={"persona": "{persona_slug}"}),
)
_SPECIAL = {step.name: step for step in SPECIAL}


def step_of(method: str, route: str) -> Step:
    """Return the request for this method of this route."""
    plain = Step(method, route)
    return _SPECIAL.get(plain.name, plain)
