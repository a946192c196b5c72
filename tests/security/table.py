"""What every route must answer to whom: written by hand, one line a route.

The six letters of a column are officer, supervisor, moderator, decision maker, auditor and
administrator, each with that one role for the own area. Left: asked about things of the own area;
right: about the same things of a neighbouring one, `=` where nothing of an area is asked for. The
officer wrote the own area's posts and speaks as its persona; nobody else had a hand in them.

    a  allowed
    r  refused: 403, and the trail says so
    n  not found: 404, since even that it exists is not theirs to know; the trail says so too
    i  not offered: the form has no such choice, 422, and nothing is done
    m  missing: 404 for anybody but its owner, no refusal

Strangers are sent to sign in wherever it doesn't say `public`.
"""

from dataclasses import dataclass

TABLE = """
GET  /                                                                    public
GET  /healthz                                                             public
GET  /readyz                                                              public
GET  /links/<token>                                                       public
POST /links/<token>                                                       public
GET  /ask                                                                 public
POST /ask                                                                 public
GET  /asked/<secret>                                                      public
POST /asked/<secret>/missed                                               public
GET  /check                                                               public
POST /check                                                               public
GET  /sign-in                                                             public
POST /sign-in                                                             public
POST /sign-out                                                            public
GET  /sign-in/again                                                       aaaaaa =
POST /sign-in/again                                                       aaaaaa =
GET  /desk                                                                 aaaaaa =
GET  /media/<name>                                                        aaaaaa aaaaaa
GET  /account                                                             aaaaaa =
GET  /account/codes                                                       aaaaaa =
POST /account/codes                                                       aaaaaa =
GET  /account/factor                                                      aaaaaa =
POST /account/factor                                                      aaaaaa =
GET  /account/password                                                    aaaaaa =
POST /account/password                                                    aaaaaa =
POST /account/sign-ins/<int:sign_in_id>/revoke                            aaaaaa mmmmmm
POST /account/sign-ins/revoke-others                                      aaaaaa =

GET  /areas                                                               aaaaaa =
GET  /areas/<int:area_id>                                                 aaaaaa aaaaaa
POST /areas/<int:area_id>                                                 rrrrra rrrrrr
GET  /areas/<int:area_id>/end                                             rrrrra rrrrrr
POST /areas/<int:area_id>/end                                             rrrrra rrrrrr
GET  /areas/add                                                           rrrrra =
POST /areas/add                                                           rrrrra rrrrri
GET  /areas/import                                                        rrrrra =
POST /areas/import                                                        rrrrra rrrrri

GET  /staff                                                               rarraa =
GET  /staff/<int:user_id>                                                 rarraa rnrrnn
GET  /staff/<int:user_id>/<any(suspend, restore, depart):step>            rrrrra rrrrrn
POST /staff/<int:user_id>/<any(suspend, restore, depart):step>            rrrrra rrrrrn
POST /staff/<int:user_id>/links/<any(join, reset_password, reset_factor):purpose> rrrrra rrrrrn
POST /staff/<int:user_id>/roles                                           rrrrra rrrrrn
POST /staff/<int:user_id>/roles/<int:grant_id>/revoke                     rrrrra rrrrrn
GET  /staff/invite                                                        rrrrra =
POST /staff/invite                                                        rrrrra rrrrri

GET  /staff/posts                                                         aaaaar =
GET  /staff/posts/all                                                     aaaaar =
GET  /staff/posts/coming                                                  aaaaar =
GET  /staff/posts/awaiting                                                rarrrr =
GET  /staff/posts/stopped                                                 rarrrr =
GET  /staff/posts/new                                                     arrrrr rrrrrr
POST /staff/posts/new                                                     arrrrr rrrrrr
POST /staff/posts/check                                                   aarrrr =
GET  /staff/posts/templates                                               aarrrr =
GET  /staff/posts/templates/add                                           aarrrr =
POST /staff/posts/templates/add                                           aarrrr iirrrr
GET  /staff/posts/templates/<int:template_id>                             aarrrr rrrrrr
POST /staff/posts/templates/<int:template_id>                             aarrrr rrrrrr
POST /staff/posts/templates/<int:template_id>/retire                      aarrrr rrrrrr
GET  /staff/posts/templates/<int:template_id>/use                         aarrrr rrrrrr
POST /staff/posts/templates/<int:template_id>/use                         airrrr rrrrrr
GET  /staff/posts/<int:post_id>                                           aaaaar rrrrrr
GET  /staff/posts/<int:post_id>/edit                                      arrrrr rrrrrr
POST /staff/posts/<int:post_id>/edit                                      arrrrr rrrrrr
POST /staff/posts/<int:post_id>/submit                                    arrrrr rrrrrr
POST /staff/posts/<int:post_id>/take-back                                 arrrrr rrrrrr
POST /staff/posts/<int:post_id>/approve                                   rarrrr rrrrrr
POST /staff/posts/<int:post_id>/send-back                                 rarrrr rrrrrr
GET  /staff/posts/<int:post_id>/schedule                                  aarrrr rrrrrr
POST /staff/posts/<int:post_id>/schedule                                  aarrrr rrrrrr
GET  /staff/posts/<int:post_id>/move                                      arrrrr rrrrrr
POST /staff/posts/<int:post_id>/move                                      arrrrr rrrrrr
GET  /staff/posts/<int:post_id>/cancel                                    aarrrr rrrrrr
POST /staff/posts/<int:post_id>/cancel                                    aarrrr rrrrrr
GET  /staff/posts/<int:post_id>/withdraw                                  rarrrr rrrrrr
POST /staff/posts/<int:post_id>/withdraw                                  rarrrr rrrrrr
GET  /staff/posts/<int:post_id>/correct                                   arrrrr rrrrrr
POST /staff/posts/<int:post_id>/correct                                   arrrrr rrrrrr
GET  /staff/posts/corrections/<int:correction_id>                         aaaaar rrrrrr
GET  /staff/posts/corrections/<int:correction_id>/edit                    arrrrr rrrrrr
POST /staff/posts/corrections/<int:correction_id>/edit                    arrrrr rrrrrr
POST /staff/posts/corrections/<int:correction_id>/submit                  arrrrr rrrrrr
POST /staff/posts/corrections/<int:correction_id>/take-back               arrrrr rrrrrr
POST /staff/posts/corrections/<int:correction_id>/approve                 rarrrr rrrrrr
POST /staff/posts/corrections/<int:correction_id>/send-back               rarrrr rrrrrr
POST /staff/posts/corrections/<int:correction_id>/cancel                  aarrrr rrrrrr

GET  /staff/posts/import                                                  aarrrr =
POST /staff/posts/import                                                  airrrr iirrrr

GET  /staff/calendar                                                      aaaaar =
POST /staff/calendar/export                                               aaaaar =
GET  /staff/series                                                        aaaaar =
GET  /staff/series/new                                                    arrrrr rrrrrr
POST /staff/series/new                                                    arrrrr rrrrrr
GET  /staff/series/<int:series_id>                                        aaaaar rrrrrr
GET  /staff/series/<int:series_id>/rule                                   arrrrr rrrrrr
POST /staff/series/<int:series_id>/rule                                   arrrrr rrrrrr
POST /staff/series/<int:series_id>/days/<day>/drop                        arrrrr rrrrrr
POST /staff/series/<int:series_id>/days/<day>/own                         arrrrr rrrrrr
POST /staff/series/<int:series_id>/stop                                   aarrrr rrrrrr
GET  /staff/times                                                         aaaaar =
POST /staff/times/slots                                                   rarrrr rirrrr
POST /staff/times/quiet-hours                                             rarrrr rirrrr
POST /staff/times/windows                                                 rarrrr rirrrr
POST /staff/times/<any(slot, quiet_hours, election_window):kind>/<int:row_id>/remove rarrrr rrrrrr

GET  /staff/cases                                                         raaaar =
GET  /staff/cases/<int:case_id>                                           raaaar rrrrrr
POST /staff/cases/<int:case_id>/release                                   rrrarr rrrrrr
POST /staff/cases/<int:case_id>/return                                    raaarr rrrrrr
GET  /staff/cases/changes                                                 raaaar =
POST /staff/cases/<int:case_id>/claim                                     raarrr rrrrrr
POST /staff/cases/<int:case_id>/put-back                                  raarrr rrrrrr
POST /staff/cases/<int:case_id>/note                                      raarrr rrrrrr
POST /staff/cases/<int:case_id>/hand-over                                 raarrr rrrrrr
POST /staff/cases/<int:case_id>/hand-overs/<int:hand_over_id>/acknowledged raarrr rrrrrr
POST /staff/cases/<int:case_id>/standard-reply                            raarrr rrrrrr
POST /staff/cases/<int:case_id>/dispose                                   raarrr rrrrrr
POST /staff/cases/<int:case_id>/reopen                                    raarrr rrrrrr
GET  /staff/desks                                                         rrrrra =
GET  /staff/desks/<int:desk_id>                                           rrrrra =
POST /staff/desks/<int:desk_id>                                           rrrrra =
POST /staff/desks/<int:desk_id>/<any(activate, deactivate):verb>          rrrrra =
GET  /staff/figures                                                       raarar =
GET  /acknowledge/<token>                                                 public
POST /acknowledge/<token>                                                 public

GET  /staff/contacts                                                      aaarrr =
GET  /staff/contacts/log                                                  aaarrr =
POST /staff/contacts/log                                                  aaarrr rrrrrr
GET  /staff/contacts/<int:contact_id>                                     aaarrr nnnrrr
POST /staff/contacts/<int:contact_id>/note                                aaarrr nnnrrr
POST /staff/contacts/<int:contact_id>/wait                                aaarrr nnnrrr
POST /staff/contacts/<int:contact_id>/resume                              aaarrr nnnrrr
POST /staff/contacts/<int:contact_id>/close                               aaarrr nnnrrr
POST /staff/contacts/<int:contact_id>/reopen                              aaarrr nnnrrr
POST /staff/contacts/<int:contact_id>/judge                               aaarrr nnnrrr

GET  /staff/posts/answers/<int:message_id>                                aarrrr nnrrrr
POST /staff/posts/answers/<int:message_id>                                arrrrr nnrrrr
GET  /staff/replies                                                       aaarar =
POST /staff/replies                                                       rarrrr =
POST /staff/replies/<int:reply_id>/approve                                rarrrr =
POST /staff/replies/<int:reply_id>/retire                                 rarrrr =

GET  /staff/deliveries                                                    aaarar =
GET  /staff/deliveries/<uuid:delivery_id>                                 aaarar nnnrnr
POST /staff/deliveries/<uuid:delivery_id>/say-published                   rarrrr rnrrrr
POST /staff/deliveries/<uuid:delivery_id>/send-again                      rarrrr rnrrrr
POST /staff/deliveries/<uuid:delivery_id>/give-up                         rarrrr rnrrrr
POST /staff/deliveries/<uuid:delivery_id>/gone                            rarrrr rnrrrr

GET  /staff/control                                                       aaaaaa =
POST /staff/control/stop                                                  rarara =
POST /staff/control/pause                                                 rarara ririri
GET  /staff/control/<int:pause_id>/lift                                   rarara rnrnrn
POST /staff/control/<int:pause_id>/lift                                   rarara rnrnrn
POST /staff/control/<int:pause_id>/confirm                                rarara rnrnrn
POST /staff/control/<int:pause_id>/keep                                   rarara rnrnrn
GET  /staff/control/held                                                  rarrrr =
POST /staff/control/held                                                  rarrrr rirrrr
GET  /staff/control/budgets                                               rarrrr =
POST /staff/control/budgets                                               rarrrr rirrrr

GET  /staff/alarms                                                        aaaaaa =
GET  /staff/alarms/<int:alarm_id>                                         aaaaaa nnnnnn
POST /staff/alarms/<int:alarm_id>/acknowledge                             raarra rnnrrn
POST /staff/alarms/<int:alarm_id>/call-ours                               raarra rnnrrn
POST /staff/alarms/<int:alarm_id>/explain                                 raarra rnnrrn
POST /staff/alarms/<int:alarm_id>/reopen                                  raarra rnnrrn
GET  /staff/alarms/<int:alarm_id>/disavow                                 raarrr rnnrrr
POST /staff/alarms/<int:alarm_id>/disavow                                 raarrr rnnrrr

GET  /staff/personas                                                      aaaaaa =
GET  /staff/personas/<int:persona_id>                                     aaaaaa rrrrrr
GET  /staff/personas/propose                                              aarrrr =
POST /staff/personas/propose                                              aarrrr iirrrr
GET  /staff/personas/<int:persona_id>/edit                                aarrrr rrrrrr
POST /staff/personas/<int:persona_id>/edit                                aarrrr rrrrrr
GET  /staff/personas/<int:persona_id>/verify                              rarrrr rrrrrr
POST /staff/personas/<int:persona_id>/verify                              rarrrr rrrrrr
GET  /staff/personas/<int:persona_id>/suspend                             rarrrr rrrrrr
POST /staff/personas/<int:persona_id>/suspend                             rarrrr rrrrrr
GET  /staff/personas/<int:persona_id>/restore                             rarrrr rrrrrr
POST /staff/personas/<int:persona_id>/restore                             rarrrr rrrrrr
GET  /staff/personas/<int:persona_id>/end                                 rarrrr rrrrrr
POST /staff/personas/<int:persona_id>/end                                 rarrrr rrrrrr
POST /staff/personas/<int:persona_id>/members                             rarrrr rrrrrr
POST /staff/personas/<int:persona_id>/members/<int:user_id>/remove        rarrrr rrrrrr
GET  /staff/personas/<int:persona_id>/leave                               rarrrr rrrrrr
POST /staff/personas/<int:persona_id>/leave                               rarrrr rrrrrr
POST /staff/personas/leave/<int:capability_id>/revoke                     rarrrr rrrrrr

GET  /staff/channels                                                      aaaaaa =
GET  /staff/channels/<int:channel_id>                                     aaaaaa rrrrrr
GET  /staff/channels/connect                                              rrrrra =
POST /staff/channels/connect                                              rrrrra rrrrri
POST /staff/channels/<int:channel_id>/connect                             rrrrra rrrrrr
GET  /staff/channels/<int:channel_id>/keys                                rrrrra rrrrrr
POST /staff/channels/<int:channel_id>/keys                                rrrrra rrrrrr
POST /staff/channels/<int:channel_id>/confirm                             rarrrr rrrrrr
GET  /staff/channels/<int:channel_id>/edit                                rrrrra rrrrrr
POST /staff/channels/<int:channel_id>/edit                                rrrrra rrrrrr
GET  /staff/channels/<int:channel_id>/budget                              rrrrra rrrrrr
POST /staff/channels/<int:channel_id>/budget                              rrrrra rrrrrr
GET  /staff/channels/<int:channel_id>/disconnect                          rarrra rrrrrr
POST /staff/channels/<int:channel_id>/disconnect                          rarrra rrrrrr
GET  /staff/channels/connections/<int:connection_id>                      rrrrra rrrrrr
POST /staff/channels/connections/finish                                   rrrrra rrrrrr
GET  /staff/channels/connections/return                                   rrrrra =

GET  /staff/trail                                                         rrrrrr =
POST /staff/trail/export                                                  rrrrrr =
GET  /staff/health                                                        rrrrra =
GET  /staff/mails                                                         rrrrrr =
"""
#: Not divided by area, so they take a role for the whole force: its own person, its own line.
WHOLE_FORCE = """
GET  /staff/trail                                                         rrrrar =
POST /staff/trail/export                                                  rrrrar =
GET  /staff/mails                                                         rrrrra =
"""
PUBLIC = "p" * 6


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    method: str
    route: str
    own: str
    foreign: str


def rows(table: str = TABLE) -> list[Row]:
    """Return the lines of the table."""
    return [_row(line) for line in table.strip().splitlines() if line]


def _row(line: str) -> Row:
    method, rest = line.split(maxsplit=1)
    if rest.endswith("public"):
        return Row(method, rest.split()[0], PUBLIC, PUBLIC)
    route, own, foreign = rest.rsplit(maxsplit=2)
    return Row(method, route, own, own if foreign == "=" else foreign)
