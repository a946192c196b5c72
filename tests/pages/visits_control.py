"""How the pages of control are reached: what is stopped, lifting it, what became due, budgets."""

from tests.pages.visiting import AUDITOR, OFFICER, SUPERVISOR, Visit, refused

PROPOSED = {"pause_id": "pause_proposed"}
CONTROL = (
    Visit("control.show", SUPERVISOR, scene="empty"),
    Visit("control.held", SUPERVISOR, scene="empty"),
    Visit("control.show", SUPERVISOR),
    Visit("control.show", OFFICER, "only read"),
    Visit("control.show", AUDITOR, "force"),
    refused("control.stop", SUPERVISOR, {"reason": "x" * 600}),
    refused("control.pause", SUPERVISOR, {"what": "persona:{persona}", "why": ""}),
    Visit("control.ask_lift", SUPERVISOR),
    Visit("control.ask_lift", SUPERVISOR, "proposed", gaps=PROPOSED),
    refused("control.lift", SUPERVISOR, {"reason": ""}),
    Visit("control.held", SUPERVISOR),
    refused("control.decide_held", SUPERVISOR, {"delivery_ids": "{delivery_held}"}),
    Visit("control.show_budgets", SUPERVISOR),
    refused(
        "control.set_budget", SUPERVISOR, {"persona_id": "{persona}", "posts_per_hour": "many"}
    ),
    Visit("deliveries.show", SUPERVISOR, "still shown", gaps={"delivery_id": "delivery_stays"}),
    Visit("deliveries.show", SUPERVISOR, "stopped", gaps={"delivery_id": "delivery_held"}),
)
#: Buttons: nothing is typed, so there is no form to show again.
CONTROL_BUTTONS = {"control.confirm", "control.keep", "deliveries.say_gone"}
