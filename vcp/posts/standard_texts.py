"""The standard replies that come with the product, each to be approved by two people of the force.

Gaps are filled from settings. There is none for a plea about safety: that is answered by a
person. Source: the reply texts of the force's triage policy.
"""

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
