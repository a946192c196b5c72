"""The standard replies that come with the product, each to be approved by two people of the force.

Gaps are filled from settings, those of what is said about an account of ours also from the alarm.
There is none for a plea about safety: that is answered by a
person. Source: the reply texts of the force's triage policy.
"""

#: What a text says in public about an account of ours, by its category.
ABOUT_ACCOUNTS = {
    "disavow_posted": "Public statement: a post that isn't ours",
    "disavow_boosted": "Public statement: passing on somebody's post",
    "disavow_edited": "Public statement: a post of ours was changed",
    "disavow_deleted": "Public statement: a post of ours was removed",
    "disavow_profile": "Public statement: an account's name or profile",
    "disavow_account": "Public statement: we don't control an account",
}
#: Category of message and language -> the words.
TEXTS: dict[tuple[str, str], str] = {
    ("emergency_in_progress", "en"): (
        "If this is happening now call 999. If you can't speak, press 55 when asked, or text 999 "
        "if you have registered. We are passing this to our control room."
    ),
    ("threat_to_person", "en"): (
        "Thank you for telling us. If anyone is in danger now call 999. We have passed this on."
    ),
    ("crime_report", "en"): (
        "Sorry that happened. So it is recorded properly please report it at {url} or on 101. We "
        "have noted your message. In an emergency call 999."
    ),
    ("intelligence", "en"): (
        "Thanks. Please don't post details here. Tell us at {url}, or to stay anonymous call "
        "Crimestoppers on 0800 555 111."
    ),
    ("hate_incident", "en"): (
        "Nobody should have to put up with that. Please report at {url} or on 101; 999 if you're "
        "in danger. You can report for someone else. We have passed this on."
    ),
    ("police_complaint", "en"): (
        "Thank you for telling us. You can make a complaint at {url}; it will be looked at by "
        "people not involved. We have logged this."
    ),
    ("media_enquiry", "en"): (
        "Hello, our press office will help: {press_url}. Please don't wait for a reply here."
    ),
    ("information_rights", "en"): (
        "We're treating this as a request for information and have passed it on. Please send your "
        "name and a contact address privately to {url}."
    ),
    ("identity_check", "en"): (
        "You can check any of our officers at {register_url} or on 101. We never ask for bank "
        "details, PINs, payment or remote access. If someone is asking now, stop and call 101, "
        "or 999."
    ),
    ("disavow_posted", "en"): (
        "A post that appeared on our account {account} on {network} on {time} does not come from "
        "{force}. Please don't act on it, and don't open its links. What we say stands on this "
        "site."
    ),
    ("disavow_boosted", "en"): (
        "Our account {account} on {network} passed on a post of somebody else on {time}. {force} "
        "did not do this and does not stand behind that post. Please don't open its links."
    ),
    ("disavow_edited", "en"): (
        "A post of ours on {account} on {network} was changed by somebody who does not speak for "
        "{force}; we noticed it on {time}. Please don't act on it. What we say stands on this site."
    ),
    ("disavow_deleted", "en"): (
        "A post of ours on {account} on {network} was removed by somebody who does not speak for "
        "{force}; we noticed it on {time}. What we say stands on this site."
    ),
    ("disavow_profile", "en"): (
        "The name or profile of our account {account} on {network} was changed by somebody who "
        "does not speak for {force}; we noticed it on {time}. The register on this site says "
        "which accounts are ours."
    ),
    ("disavow_account", "en"): (
        "We don't control our account {account} on {network} at present. What has appeared there "
        "since {time} does not come from {force}. Please don't act on it, and don't open its "
        "links. What we say stands on this site."
    ),
    ("emergency_in_progress", "cy"): (
        "Os yw hyn yn digwydd nawr, ffoniwch 999. Os na allwch siarad, pwyswch 55 pan ofynnir. "
        "Rydym yn trosglwyddo hyn i'n hystafell reoli."
    ),
    ("crime_report", "cy"): (
        "Mae'n ddrwg gennym glywed. Er mwyn ei gofnodi'n iawn, rhowch wybod yn {url} neu ar 101. "
        "Rydym wedi nodi'ch neges. Mewn argyfwng, ffoniwch 999."
    ),
    ("intelligence", "cy"): (
        "Diolch. Peidiwch â phostio manylion yma. Rhowch wybod yn {url}, neu'n ddienw drwy "
        "Taclo'r Taclau ar 0800 555 111."
    ),
}
