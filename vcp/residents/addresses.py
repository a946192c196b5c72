"""Where the public pages stand: paths from the root of the site, the same for ever."""

HOME = "/"
PLACES = "/places/"
OFFICERS = "/officers/"
POSTS = "/posts/"
REGISTER = "/register/"
ACCESSIBILITY = "/accessibility/"
PRIVACY = "/privacy/"
HOUSE_RULES = "/house-rules/"
FOLLOW = "/follow/"
STATEMENTS = "/statements/"
FIGURES = "/figures/"
FIGURES_JSON = "/figures/figures.json"
#: Pages of words alone: path, template.
FIXED = (
    (ACCESSIBILITY, "accessibility.html"),
    (PRIVACY, "privacy.html"),
    (HOUSE_RULES, "house_rules.html"),
    (FOLLOW, "follow.html"),
)

ATOM = "feed.atom"
JSON_FEED = "feed.json"


def officer_path(slug: str) -> str:
    """Return where an officer's or office's page stands."""
    return f"{OFFICERS}{slug}/"


def place_path(slug: str) -> str:
    """Return where an area's page stands."""
    return f"{PLACES}{slug}/"


def post_path(public_id: str) -> str:
    """Return where a post's page stands."""
    return f"{POSTS}{public_id}/"


def archive_path(base: str, number: int) -> str:
    """Return where that page of an archive stands; 1 holds the oldest posts."""
    return f"{base}archive/{number}/"


def record_path(slug: str, month: str) -> str:
    """Return where an area's posts of one month (`2026-11`) stand as CSV."""
    return f"{place_path(slug)}record/{month}.csv"


def file_of(path: str) -> str:
    """Return the file, below the folder of public files, that holds what stands at this path."""
    return f"{path}index.html".lstrip("/") if path.endswith("/") else path.lstrip("/")
