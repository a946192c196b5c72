"""Invented words for the pages that show the frames and macros."""

from datetime import UTC, datetime

FORCE = "Carrowdale Police"
AT = datetime(2026, 11, 26, 14, 5, tzinfo=UTC)

POST_STATES = [
    "draft",
    "submitted",
    "held",
    "approved",
    "scheduled",
    "released",
    "cancelled",
    "expired",
    "withdrawn",
    "publishing",
    "published",
    "partly_published",
    "failed",
    "needs_person",
    # Of one post of a series, beside those.
    "planned",
    "missed",
    "dropped",
]
OTHER_STATES = {
    "delivery": [
        "queued",
        "sending",
        "published",
        "retry_wait",
        "outcome_unknown",
        "blocked_auth",
        "failed",
        "needs_person",
        "expired",
        "cancelled",
        "withdrawn",
    ],
    "case": ["open", "in_review", "disposed"],
    "handover": ["sent", "acknowledged", "overdue"],
    "persona": ["draft", "verified", "suspended", "ended"],
    "channel": ["proposed", "connected", "expiring", "blocked", "disconnected"],
}
LIMITS = [
    {"channel": "Own feed", "limit": 5000, "counting": "characters", "url_length": None},
    {"channel": "Mastodon", "limit": 500, "counting": "characters", "url_length": 23},
]
NAV = [
    {"text": "Desk", "href": "/desk", "active": False, "count": None},
    {"text": "Write", "href": "/posts/new", "active": False, "count": None},
    {"text": "Approvals", "href": "/approvals", "active": True, "count": 7},
    {"text": "Held", "href": "/cases", "active": False, "count": 2},
    {"text": "Coming", "href": "/coming", "active": False, "count": None},
    {"text": "Personas", "href": "/personas", "active": False, "count": None},
    {"text": "Channels", "href": "/channels", "active": False, "count": 0},
    {"text": "Trail", "href": "/trail", "active": False, "count": None},
]
PLATE = {
    "rule": "identifier.plate",
    "category": "vehicle",
    "priority": 2,
    "words": "AB12 CDE",
    "why": "A registration number points to one person.",
    "advice": "Take it out, or describe the car by make and colour.",
}
CHILD = {
    "rule": "child.named",
    "category": "child",
    "priority": 1,
    "words": "nine-year-old Jo",
    "why": "A child must not be recognisable.",
    "advice": "Leave out the age and the name.",
}
PIECES = [
    {"text": "A blue van, ", "finding": None},
    {"text": "AB12 CDE", "finding": PLATE},
    {"text": ", was left outside the school.\nThank you to ", "finding": None},
    {"text": "nine-year-old Jo", "finding": CHILD},
    {"text": " <b>who</b> rang us.", "finding": None},
]
TEXT = (
    "Bike marking this Saturday, 10 to 12, Market Square.\n"
    "More at https://police.example/bikes <script>alert(1)</script>"
)
PICTURE = {
    "url": "/static/images/icon-512.png",
    "alt": "A shield with a tick",
    "width": 512,
    "height": 512,
}
PREVIEW = {
    "channel": "Mastodon, @northgate",
    "name": "PC Rowan Ashby",
    "handle": "@northgate@social.example",
    "text": TEXT,
    "language": "en",
    "content_warning": "Theft",
    "images": [PICTURE],
    "length": 521,
    "limit": 500,
}
POST = {
    "url": "/posts/1/",
    "name": "PC Rowan Ashby",
    "officer_url": "/officers/rowan-ashby/",
    "text": TEXT,
    "language": "en",
    "images": [PICTURE],
    "published_at": AT,
    "elsewhere": [{"text": "On Mastodon", "href": "https://social.example/@northgate/1"}],
}
POSTS = [
    POST,
    {
        **POST,
        "content_warning": "Knife crime",
        "corrected_at": AT,
        "correction_note": "The street was wrong.",
    },
    {**POST, "withdrawn_at": AT, "withdrawal_reason": "It named the wrong road."},
]
OFFICERS = [
    {
        "url": "/officers/a/",
        "name": "PC Rowan Ashby",
        "rank": "Constable",
        "place": "Northgate",
        "is_verified": True,
    },
    {
        "url": "/officers/b/",
        "name": "PCSO Mei Tarn",
        "place": "Canal side",
        "is_verified": True,
        "summary": "Mondays and Thursdays at the library.",
    },
    {
        "url": "/officers/c/",
        "name": "Sgt Imran Vale",
        "rank": "Sergeant",
        "place": "Northgate",
        "is_verified": False,
    },
]
