"""What is asked when a post is moved."""

from govuk_frontend_wtf.wtforms_widgets import GovTextArea
from wtforms import TextAreaField

from vcp.kernel.forms import MaxBytes
from vcp.posts.forms import WhenForm


class MovePostForm(WhenForm):
    """Another time for a post."""

    warning_reason = TextAreaField(
        "Why this time (optional)",
        [MaxBytes(4_000, "The reason")],
        description="Whoever approves it reads this. Needed before an election.",
        widget=GovTextArea(),
    )
