"""How each page is reached, by hand: as whom, with which ids, in each state that it has.

A page missing here fails a test. `gaps` name what stands in the address, see `scene.py`.
"""

from tests.pages.scene import CLAIM, STALE, STRANGER, UNBROKEN
from tests.pages.visiting import (
    ADMIN,
    AUDITOR,
    DECIDER,
    MODERATOR,
    OFFICER,
    SUPERVISOR,
    Visit,
    refused,
)
from tests.pages.visits_control import CONTROL, CONTROL_BUTTONS
from tests.pages.visits_residents import RESIDENTS
from tests.pages.visits_schedule import EMPTY, SCHEDULE
from tests.pages.visits_templates import TEMPLATE_BUTTONS, TEMPLATES
from tests.security.steps import ABOUT_PERSONA

#: For machines, an image, a redirect; and the home page, which the folder of public files answers.
NOT_PAGES = {
    *("health.healthz", "health.readyz", "residents.media", "desk", "residents.home"),
    "cases.changes",
}


def post(name: str) -> dict[str, str]:
    return {"post_id": f"post_{name}"}


def case(name: str) -> dict[str, str]:
    return {"case_id": f"case_{name}"}


def persona(name: str) -> dict[str, str]:
    return {"persona_id": f"persona_{name}"}


def channel(name: str) -> dict[str, str]:
    return {"channel_id": f"channel_{name}"}


EMPTY_LISTS = (
    Visit("posts.mine", OFFICER),
    Visit("posts.in_areas", SUPERVISOR),
    Visit("posts.awaiting", SUPERVISOR),
    Visit("posts.coming", SUPERVISOR),
    Visit("posts.stopped", SUPERVISOR),
    Visit("posts.new", OFFICER),
    Visit("templates.listed", OFFICER),
    Visit("cases.listed", MODERATOR),
    Visit("figures.show", AUDITOR),
    Visit("desks.listed", ADMIN),
    Visit("contacts.listed", OFFICER),
    Visit("deliveries.listed", SUPERVISOR),
    Visit("alarms.listed", SUPERVISOR),
    Visit("personas.index", AUDITOR),
    Visit("channels.index", AUDITOR),
    Visit("staff.listed", ADMIN),
    Visit("areas.tree", OFFICER),
    Visit("audit.search", AUDITOR),
    Visit("health.page", ADMIN),
    Visit("health.mails", ADMIN),
    Visit("account.show", OFFICER),
    Visit("users.sign_in", STRANGER),
)
LISTS = (
    Visit("posts.mine", OFFICER),
    Visit("posts.mine", OFFICER, "one state", query={"state": "draft"}),
    Visit("posts.in_areas", SUPERVISOR),
    Visit("posts.in_areas", SUPERVISOR, "second page", query={"page": "2"}),
    Visit("posts.awaiting", SUPERVISOR),
    Visit("posts.coming", SUPERVISOR),
    Visit("posts.stopped", SUPERVISOR),
    Visit("cases.listed", MODERATOR),
    Visit("cases.listed", MODERATOR, "closed", query={"closed": "1"}),
    Visit("cases.listed", MODERATOR, "late", query={"overdue": "1", "kind": "contact"}),
    Visit("cases.listed", MODERATOR, "nothing found", query={"mine": "1"}),
    Visit("figures.show", SUPERVISOR),
    Visit("desks.listed", ADMIN),
    Visit("deliveries.listed", SUPERVISOR),
    Visit("deliveries.listed", SUPERVISOR, "published", query={"state": "published"}),
    Visit("personas.index", SUPERVISOR),
    Visit("channels.index", SUPERVISOR),
    Visit("staff.listed", ADMIN),
    Visit("staff.listed", ADMIN, "nobody found", query={"q": "no such name"}),
    Visit("areas.tree", ADMIN),
    Visit("audit.search", AUDITOR),
    Visit("audit.search", AUDITOR, "narrowed", query={"verb": "approve", "subject_kind": "post"}),
    Visit("audit.search", AUDITOR, "refused", query={"since": "yesterday"}, status=422),
    Visit("health.page", ADMIN),
    Visit("health.mails", ADMIN),
)
WORDS = {"text": "Bikes.", "language": "en", "action": "check", "channel_ids": "{channel}"}
BAD_TIME = {**WORDS, "when": "later", "on": "2026-02-31", "at": "25:00", "action": "save"}
BAD_THREAD = {
    **WORDS,
    "action": "submit",
    "more-0-text": "",
    "more-1-text": UNBROKEN,
    "mastodon-text": "Other words.",
    "poll_choices-0": "Only one.",
    "visibility": "unlisted",
}
NEW = {"persona": "persona_slug"}
COMPOSING = (
    Visit("posts.new", SUPERVISOR, "nobody to write as"),
    Visit("posts.new", OFFICER, "choose"),
    Visit("posts.new", OFFICER, "as one", query=NEW),
    Visit("posts.edit", OFFICER, gaps=post("draft")),
    Visit("posts.edit", OFFICER, "returned", gaps=post("returned")),
    Visit("posts.edit", OFFICER, "thread", gaps=post("thread")),
    Visit("posts.show", SUPERVISOR, "thread", gaps=post("thread")),
    Visit("posts.create", OFFICER, "bad thread", query=NEW, fields=BAD_THREAD, status=422),
    Visit("posts.create", OFFICER, "clean", query=NEW, fields=WORDS),
    Visit(
        "posts.create",
        OFFICER,
        "found",
        query=NEW,
        fields={**WORDS, "text": f"{CLAIM} Is it your van, AB12 CDE? {UNBROKEN}"},
    ),
    refused("posts.create", OFFICER, BAD_TIME, query=NEW),
    refused("posts.update", OFFICER, {**WORDS, "action": "submit", "text": ""}, gaps=post("draft")),
    Visit("posts.correct", OFFICER, gaps=post("released")),
    Visit("posts.edit_correction", OFFICER, gaps={"correction_id": "correction_draft"}),
    refused("posts.start_correction", OFFICER, {**WORDS, "text": ""}, gaps=post("released")),
    refused(
        "posts.save_correction",
        OFFICER,
        WORDS | {"text": ""},
        gaps={"correction_id": "correction_draft"},
    ),
    Visit(
        "posts.save_correction",
        OFFICER,
        "found",
        gaps={"correction_id": "correction_draft"},
        fields={**WORDS, "text": "Is it your van, AB12 CDE?", "reason": "A typo."},
    ),
)
POSTS = (
    *(
        Visit("posts.show", OFFICER, name, gaps=post(name))
        for name in ("draft", "held", "returned")
    ),
    *(
        Visit("posts.show", SUPERVISOR, name, gaps=post(name))
        for name in (
            *("submitted", "warned", "wide", "missed", "scheduled", "released", "stopped"),
            *("corrected", "withdrawn", "cancelled"),
        )
    ),
    Visit("posts.show", AUDITOR, "only read", gaps=post("submitted")),
    refused("posts.approve", SUPERVISOR, {"revision_sha256": "{sha_warned}"}, gaps=post("warned")),
    refused("posts.send_back", SUPERVISOR, {"reason": " "}, gaps=post("submitted")),
    Visit("posts.schedule", SUPERVISOR, gaps=post("missed")),
    refused("posts.set_time", SUPERVISOR, {"when": "later"}, gaps=post("missed")),
    Visit("posts.ask_cancel", SUPERVISOR, gaps=post("submitted")),
    refused("posts.cancel", SUPERVISOR, {"reason": "x" * 5000}, gaps=post("submitted")),
    Visit("posts.ask_withdraw", SUPERVISOR, gaps=post("released")),
    refused("posts.withdraw", SUPERVISOR, {"reason": ""}, gaps=post("released")),
    *(
        Visit("posts.show_correction", who, name, gaps={"correction_id": f"correction_{name}"})
        for who, name in ((OFFICER, "draft"), (SUPERVISOR, "submitted"), (OFFICER, "held"))
    ),
    refused(
        "posts.approve_correction",
        SUPERVISOR,
        {"revision_sha256": "{sha_warned_correction}"},
        gaps={"correction_id": "correction_warned"},
    ),
    refused(
        "posts.send_back_correction",
        SUPERVISOR,
        {"reason": ""},
        gaps={"correction_id": "correction_submitted"},
    ),
)
#: A long yes: the two people's work on what is held, and on what nobody knows the outcome of.
DECISIONS = (
    Visit("cases.show", DECIDER),
    Visit("cases.show", DECIDER, "two are needed", gaps={"case_id": "case_secret"}),
    Visit("cases.show", MODERATOR, "nobody may release", gaps={"case_id": "case_never"}),
    Visit("cases.show", MODERATOR, "closed", gaps={"case_id": "case_closed"}),
    refused("cases.release", DECIDER, {"category": "{category}", "reason": ""}),
    refused("cases.return_to_author", MODERATOR, {"reason": ""}),
    *(
        Visit("cases.show", MODERATOR, name, gaps=case(name))
        for name in ("contact", "claimed", "handed", "disposed", "loaded", "taken")
    ),
    refused("cases.note", MODERATOR, {"text": ""}, gaps=case("contact")),
    refused("cases.hand_over", MODERATOR, {"desk_id": "0", "note": "Go."}, gaps=case("loaded")),
    refused(
        "cases.acknowledged",
        MODERATOR,
        {"name": "", "at": "late"},
        gaps={**case("loaded"), "hand_over_id": "case_loaded_hand_over"},
    ),
    refused("cases.standard_reply", MODERATOR, {"message_id": "0"}, gaps=case("contact")),
    refused("cases.dispose", MODERATOR, {"disposition": "replied"}, gaps=case("contact")),
    refused("cases.reopen", MODERATOR, {"reason": ""}, gaps=case("disposed")),
    Visit("acknowledging.ask", STRANGER, gaps={"token": "hand_over_token"}),
    Visit("acknowledging.ask", STRANGER, "done", gaps={"token": "token_acknowledged"}),
    refused("acknowledging.acknowledge", STRANGER, {"name": ""}, gaps={"token": "hand_over_token"}),
    Visit("desks.edit", ADMIN),
    refused("desks.change", ADMIN, {"name": "", "email": "x", "acknowledge_minutes": "many"}),
    Visit("alarms.listed", SUPERVISOR, "open"),
    Visit("alarms.listed", SUPERVISOR, "closed", query={"closed": "1"}),
    *(
        Visit("alarms.show", who, name, gaps={"alarm_id": f"alarm_{name}"})
        for who, name in (
            (SUPERVISOR, "edited"),
            (MODERATOR, "wide"),
            (SUPERVISOR, "ours"),
            (SUPERVISOR, "said"),
            (ADMIN, "stray"),
        )
    ),
    Visit("alarms.show", AUDITOR, "only read"),
    refused("alarms.call_ours", SUPERVISOR, {"reason": ""}),
    refused("alarms.explain", MODERATOR, {"reason": ""}, gaps={"alarm_id": "alarm_said"}),
    Visit("alarms.ask_disavow", SUPERVISOR),
    Visit("alarms.ask_disavow", SUPERVISOR, "whole", query={"whole": "1"}),
    Visit("deliveries.show", SUPERVISOR),
    Visit("deliveries.show", SUPERVISOR, "failed", gaps={"delivery_id": "delivery_failed"}),
    Visit("deliveries.show", AUDITOR, "only read"),
    refused("deliveries.say_published", SUPERVISOR, {"url": ""}),
    refused("deliveries.give_up", SUPERVISOR, {"reason": ""}),
)
PERSONAS = (
    Visit("personas.show", SUPERVISOR),
    Visit("personas.show", SUPERVISOR, "draft", gaps=persona("draft")),
    Visit("personas.show", SUPERVISOR, "office", gaps=persona("office")),
    Visit("personas.show", SUPERVISOR, "suspended", gaps=persona("suspended")),
    Visit("personas.show", SUPERVISOR, "ended", gaps=persona("ended")),
    Visit("personas.show", SUPERVISOR, "wide", gaps=persona("wide")),
    Visit("personas.show", OFFICER, "own"),
    Visit("personas.propose", SUPERVISOR),
    refused("personas.propose", SUPERVISOR, {**ABOUT_PERSONA, "display_name": "", "signature": ""}),
    Visit("personas.edit", SUPERVISOR, gaps=persona("draft")),
    refused(
        "personas.edit", SUPERVISOR, {**ABOUT_PERSONA, "display_name": ""}, gaps=persona("draft")
    ),
    Visit("personas.verify", SUPERVISOR, gaps=persona("draft")),
    refused(
        "personas.verify", SUPERVISOR, {"basis": "", "expires_on": "soon"}, gaps=persona("draft")
    ),
    Visit("personas.suspend", SUPERVISOR),
    refused("personas.suspend", SUPERVISOR, {"reason": ""}),
    Visit("personas.restore", SUPERVISOR, gaps=persona("suspended")),
    refused("personas.restore", SUPERVISOR, {"reason": ""}, gaps=persona("suspended")),
    Visit("personas.end", SUPERVISOR),
    refused("personas.end", SUPERVISOR, {"reason": ""}),
    refused("personas.add_member", SUPERVISOR, {"user_id": ""}, gaps=persona("office")),
    Visit("personas.leave", SUPERVISOR),
    refused("personas.leave", SUPERVISOR, {"expires_on": ""}),
)
CHANNELS = (
    *(
        Visit("channels.show", ADMIN, name, gaps=channel(name))
        for name in ("own", "proposed", "blocked", "gone", "keyed")
    ),
    Visit("channels.show", SUPERVISOR, "confirm", gaps=channel("proposed")),
    Visit("channels.connect", ADMIN),
    refused("channels.connect", ADMIN, {"base_url": "", "name": "", "area_id": ""}),
    Visit("channels.keys", ADMIN, gaps=channel("keyed")),
    refused("channels.keys", ADMIN, {"consumer_key": ""}, gaps=channel("keyed")),
    Visit("channels.keys", ADMIN, "app_password", gaps=channel("app_password")),
    Visit("channels.edit", ADMIN),
    Visit("channels.edit", ADMIN, "own", gaps=channel("own")),
    refused("channels.edit", ADMIN, {"name": "", "settle_after_s": "soon"}),
    Visit("channels.budget", ADMIN, gaps=channel("keyed")),
    refused("channels.budget", ADMIN, {"dollars": "a lot"}, gaps=channel("keyed")),
    Visit("channels.disconnect", SUPERVISOR),
    refused("channels.disconnect", SUPERVISOR, {"reason": ""}),
    Visit("channels.came_back", ADMIN, query={"state": "oauth_state"}),
    Visit("channels.came_back", ADMIN, "denied", query={"error": "connection_id"}),
    Visit("channels.connection", ADMIN),
    Visit("channels.connection", ADMIN, "found", gaps={"connection_id": "connection_verify"}),
    Visit("channels.connection", ADMIN, "failed", gaps={"connection_id": "connection_fail"}),
)
STEPS = ("suspend", "restore", "depart")
NO_ROLE = {"first-role": "", "first-area": ""}
STAFF = (
    Visit("staff.show", ADMIN),
    Visit("staff.show", ADMIN, "suspended", gaps={"user_id": "user_suspended"}),
    Visit("staff.show", ADMIN, "departed", gaps={"user_id": "user_departed"}),
    Visit("staff.show", AUDITOR, "only read"),
    refused("staff.grant", ADMIN, NO_ROLE),
    Visit("staff.invite", ADMIN),
    refused("staff.invite_now", ADMIN, {"email": "nobody", "display_name": "", **NO_ROLE}),
    *(Visit("staff.ask", ADMIN, step, gaps={"step": step}) for step in STEPS),
    *(
        Visit("staff.take", ADMIN, f"{step} refused", {"step": step}, {}, {"reason": ""}, 422)
        for step in STEPS
    ),
)
AREAS = (
    Visit("areas.show", ADMIN),
    Visit("areas.show", OFFICER, "ended", gaps={"area_id": "area_ended"}),
    refused("areas.describe", ADMIN, {"description": "x" * 5000}),
    Visit("areas.add", ADMIN),
    refused("areas.add_now", ADMIN, {"parent_id": "{area_id}", "name": "", "valid_from": "soon"}),
    Visit("areas.end", ADMIN, gaps={"area_id": "beat"}),
    refused("areas.end_now", ADMIN, {"last_day": ""}, gaps={"area_id": "beat"}),
    Visit("areas.import_page", ADMIN),
    refused("areas.import_now", ADMIN, {"text": "kind,name,parent,valid_from\nmoon,A,B,C\n"}),
    Visit(
        "areas.import_now",
        ADMIN,
        "checked",
        fields={"text": "kind,name,parent,valid_from\nbeat,New,{area_slug},2026-01-01\n"},
    ),
)
ACCOUNTS = (
    Visit("users.sign_in", STRANGER),
    refused("users.sign_in_now", STRANGER, {"email": "", "password": "", "code": ""}),
    Visit("users.again", OFFICER),
    refused("users.again_now", OFFICER, {"factor_code": ""}),
    *(
        Visit("users.link", STRANGER, name or "join", gaps={"token": f"token{name}"})
        for name in ("", "_reset_password", "_reset_factor")
    ),
    *(
        refused(
            "users.use_link",
            STRANGER,
            {"password": "a", "code": ""},
            gaps={"token": f"token{name}"},
        )
        for name in ("", "_reset_password", "_reset_factor")
    ),
    Visit("account.show", OFFICER),
    Visit("account.password", OFFICER),
    refused("account.change_password", OFFICER, {"password": "a", "password_again": "b"}),
    Visit("account.factor", OFFICER),
    refused("account.change_factor", OFFICER, {"code": "", "sealed": ""}),
    Visit("account.codes", OFFICER, "kept already"),
)
#: What anybody may meet: no right, no such thing, too late, to be confirmed first.
ERRORS = (
    Visit("posts.show", MODERATOR, "no such post", {"post_id": "0"}, status=404),
    Visit("staff.listed", OFFICER, "not allowed", status=403),
    Visit("users.link", STRANGER, "used link", {"token": "0"}, status=404),
    Visit(
        "posts.approve", SUPERVISOR, "changed", post("submitted"), {}, {"revision_sha256": "0"}, 409
    ),
    Visit(
        "posts.approve",
        STALE,
        "confirm first",
        post("submitted"),
        {},
        {"warning_answer": "Yes."},
        403,
    ),
    Visit("posts.update", STRANGER, "sign in first", post("draft"), {}, WORDS, 401),
)
VISITS = (
    *(Visit(v.endpoint, v.who, v.state, scene="empty") for v in (*EMPTY_LISTS, *EMPTY)),
    *LISTS,
    *COMPOSING,
    *TEMPLATES,
    *POSTS,
    *DECISIONS,
    *PERSONAS,
    *CHANNELS,
    *STAFF,
    *AREAS,
    *ACCOUNTS,
    *CONTROL,
    *RESIDENTS,
    *SCHEDULE,
    *ERRORS,
)
#: Buttons: nothing is typed, so there is no form to show again.
BUTTONS = {
    *("alarms.acknowledge", "alarms.disavow", "alarms.reopen"),
    *CONTROL_BUTTONS,
    *("account.renew_codes", "account.revoke", "account.revoke_others", "audit.export"),
    *("ask.missed", "channels.confirm", "channels.finish", "channels.reconnect", "contacts.resume"),
    *("cases.claim", "cases.put_back", "desks.switch", "deliveries.send_again"),
    *("personas.remove_member", "personas.revoke", "posts.cancel_correction", "posts.check"),
    *("calendar.export", "series.drop", "series.stop", "series.take_out", "times.remove"),
    *("posts.submit", "posts.submit_correction", "posts.take_back", "posts.take_back_correction"),
    *("replies.approve", "replies.retire", "staff.revoke", "staff.send_link", "users.sign_out"),
    *TEMPLATE_BUTTONS,
}
