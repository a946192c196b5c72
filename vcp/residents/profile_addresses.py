"""The forms that addresses of profiles and posts have on networks."""

import re

#: A name with its server; before `?` or `#` would stand the host that a browser goes to.
HANDLE = re.compile(r"@?([^@/?#\s]{1,100})@([^@/\s:]{1,253}(?::\d{1,5})?)")
#: An address whose scheme was left out.
HOST_AND_PATH = re.compile(r"[^\s/@]{1,253}\.[^\s/@.]{2,63}(?:/.*)?")
#: Bluesky's own pages: a profile by its name or its number, and a post below it.
ON_BLUESKY = re.compile(r"/profile/([^/]+)(?:/post/([^/]+))?/?")
#: X's own pages: a profile, and a post below it or, as people share it, below "i".
X_HOSTS = frozenset({"x.com", "twitter.com", "mobile.x.com", "mobile.twitter.com"})
ON_X = re.compile(r"/@?(\w{1,50})(?:/status/(\d{1,19}))?(?:/.*)?")
#: A profile on Mastodon and its like, and a post below it.
PROFILE = re.compile(
    r"/(?:@|users/|web/@|deck/@)([^/@]+)(?:@([^/]+))?(?:/(?:statuses/)?([^/?#]+))?/?"
)
