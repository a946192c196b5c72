"""What the invented officers say about themselves, in plain words."""

from dataclasses import dataclass

from vcp.kernel.settings import Settings


@dataclass(frozen=True)
class Voice:
    """One way of introducing oneself; `{place}` is the neighbourhood."""

    who_i_am: str
    can_do: str
    cannot_do: str
    hours: str
    topics: str


VOICES = (
    Voice(
        "I have been the officer for {place} for three years. Before that I drove a bread van, so "
        "I know which of you get up early. You will mostly meet me on foot, with a flask.",
        "Ask me about anything that makes {place} less pleasant to live in: speeding, litter, "
        "noise that goes on for weeks, a path where you don’t feel safe. Ask me to come to your "
        "street, your club or your coffee morning. I answer here, in public, so that everybody "
        "can read it.",
        "I can’t take reports of crime here, and I can’t talk about people or about cases that "
        "are open. I will never ask you for money, for a bank card or for a password.",
        "Monday to Friday, 8am to 4pm. Nobody reads this at night or at the weekend.",
        "Speeding, bike marking, the market, coffee mornings",
    ),
    Voice(
        "I grew up two streets from where I work now, and my nan still tells me when I need a "
        "haircut. I look after {place} together with a small team that knows its corners well.",
        "Tell me what keeps coming back: the same bench, the same corner, the same hour. I can "
        "bring the council, the housing people and the school to one table. If I can’t help, I "
        "will say who can.",
        "I don’t take crime reports on this page, because nobody watches it round the clock. I "
        "won’t name people, and I won’t guess about things that are still being looked into.",
        "Most weekdays from 9am to 5pm, and Thursdays until 8pm.",
        "Young people, the park, lost property, allotments",
    ),
    Voice(
        "I am a community support officer, which means more talking and no arresting. {place} is "
        "my whole patch and I walk all of it in two days, three if there are dogs to say hello to.",
        "Stop me in the street, or write here. I mark bikes, check window locks, help with scam "
        "letters, and keep a list of things that we promised, so that you can hold us to it.",
        "I can’t investigate crimes and I can’t give legal advice. Please don’t send me pictures "
        "of people or of number plates here.",
        "Tuesday to Saturday, 10am to 6pm.",
        "Scams, bike marking, shop watch, older people",
    ),
    Voice(
        "Hello from {place}. I came to policing late, after twelve years as a school cook, and I "
        "still think that most problems look smaller after a hot meal.",
        "Come to me with worries about a neighbour you haven’t seen for a while, cars on the "
        "pavement, or an event that you are planning and want to be safe.",
        "This isn’t a place to report a crime or to tell us about an emergency. I can’t comment "
        "on anything that is before a court.",
        "Monday to Thursday, 8am to 6pm. I am off on Fridays; my team is in the office then.",
        "Schools, parking, events, neighbours",
    ),
    Voice(
        "I cover {place} and the lanes around it, mostly by bicycle. If you see a hi-vis jacket "
        "at the top of the hill, breathing heavily, that is me.",
        "Farm gates, sheds, footpaths, horses and tractors are my daily bread. Ask me to look at "
        "your locks, or to speak at your village hall: I bring my own biscuits.",
        "I can’t answer quickly when I am out of signal, which is often. For anything urgent, and "
        "for reports of crime, use the ways below and not this page.",
        "Wednesday to Sunday, 9am to 5pm.",
        "Rural crime prevention, footpaths, wildlife, quad bikes",
    ),
    Voice(
        "I am new to {place} and learning its short cuts. I worked in a call centre for ten years, "
        "so listening is what I do best.",
        "Tell me what the last officer never got round to. I publish a list each month of what "
        "you asked for and what came of it, good or bad.",
        "I can’t deal with crimes here and I can’t discuss anybody by name. I won’t add you or "
        "follow you back on any network: that is a rule for all of us.",
        "Weekdays, 10am to 6pm, with every other Saturday morning at the library.",
        "What you asked for, anti-social behaviour, new residents",
    ),
)
TEAM = Voice(
    "We are the team for {place}: constables and community support officers who share one page, "
    "so that somebody is here when one of us is on leave. Each of us also has a page of our own.",
    "Ask us about events, road closures, drop-ins and anything that belongs to the whole "
    "neighbourhood. We tell you which of us is looking into it.",
    "We don’t take crime reports here, and this page isn’t watched at night. We never ask for "
    "money, bank details or passwords.",
    "Every day from 9am to 6pm.",
    "Events, drop-ins, road closures, what we promised",
)


def who_else(settings: Settings, district: str) -> str:
    """Return whom to turn to instead; it holds the force's own numbers."""
    return (
        f"In an emergency ring {settings.emergency_number}. For everything else that can’t wait "
        f"for me ring {settings.non_emergency_number} at any hour, or report online at "
        f"{settings.report_url}. The {district} front counter is open on weekdays, 9am to 5pm. To "
        "say what you know without giving your name, ring Crimestoppers."
    )
