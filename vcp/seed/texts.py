"""What the invented officers post: everyday words that the screen finds nothing in."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """One post to be; `{place}`, `{spot}`, `{day}` and `{count}` are filled in."""

    text: str
    #: A picture that goes with it, by its name in `vcp.seed.pictures`.
    picture: str | None = None


SPOTS = (
    "the library",
    "the leisure centre",
    "the community hall",
    "the market",
    "the skate park",
    "the bandstand",
    "the allotments",
    "the garden centre",
    "the village shop",
    "the sailing club",
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
EVERYDAY = (
    Text(
        "Bike marking at {spot} in {place} today: {count} bikes now carry a number that leads "
        "home. If you missed it, the next one is in a month, same place.",
        "bikes",
    ),
    Text(
        "Thank you, {place}. {count} of you came to the have-your-say at {spot}. You raised "
        "parking near the school, litter on the footpath and lamps that stay dark. What comes of "
        "each will be written up here.",
    ),
    Text(
        "A bunch of keys on a blue fish was handed in at {spot}. Tell the front counter what "
        "else is on the ring and they are yours again.",
        "keys",
    ),
    Text(
        "The path behind {spot} is under water after the rain. Please take the long way round "
        "until it has drained.",
    ),
    Text(
        "You said that cars cut the corner by {spot}. We asked the highways team, and the new "
        "posts went in this week. Thank you to everyone who wrote.",
    ),
    Text(
        "Coffee with your local team: {day} from 10am at {spot} in {place}. No need to book, and "
        "no question is too small. Bring a friend.",
        "poster",
    ),
    Text(
        "A text about a parcel that wants £1.45 from you is a scam. Don’t tap the link. Forward "
        "the message to 7726, which is free, and then delete it.",
    ),
    Text(
        "Early mornings are dark again at {spot}. Lights on bikes, please, front and back: we have "
        "a few spare sets to give away at the front counter.",
        "lights",
    ),
    Text(
        "{count} children crossed by {spot} this morning, and every one of them looked both ways. "
        "Gold stars all round.",
    ),
    Text(
        "Our litter pick at {spot} filled {count} bags. The oddest find: a garden gnome in a life "
        "jacket. He is drying out in the office.",
    ),
    Text(
        "Shed season. Three things that help: a good padlock, a light with a sensor, and a photo "
        "of each tool with its serial number.",
    ),
    Text(
        "For everybody who is off to the coast: the harbour was like glass this morning. If you "
        "swim, go with somebody, wear something bright, and check the tide table first.",
        "harbour",
    ),
    Text(
        "The results of the {place} survey are on our website. {count} of you answered. Your top "
        "three: speeding, dog mess, and a bench to sit on while you complain about both.",
    ),
    Text(
        "Found near {spot}: one hearing aid in a red case. It is at the front counter, and we hope "
        "that its owner reads this, or hears of it.",
    ),
    Text(
        "A walk on the moor with the rangers yesterday. Please keep dogs on the lead "
        "while the lambs are small, and shut the gate behind you.",
        "hill",
    ),
    Text(
        "New to {place}? This page has your officer’s hours, what we can help with and who else "
        "to ask. Say hello when you see us at {spot}.",
    ),
    Text(
        "Thank you to the {count} volunteers who read out the road safety quiz at {spot}. The "
        "winning team was called Indicators of Success.",
    ),
    Text(
        "If you get a call about your bank account: hang up, wait five minutes, and ring 159. "
        "A real bank will never mind.",
    ),
    Text(
        "The drop-in at {spot} on {day} has a loop for hearing aids and a ramp at the side door. "
        "If you need something else to be able to come, tell us here.",
    ),
    Text(
        "You asked for a way to reach us that isn’t a telephone. There are three: this page, the "
        "form on our website, and the box at {spot}, which is emptied every {day}.",
    ),
    Text(
        "The allotment society tells us that {count} marrows have gone on to better things: soup "
        "for the lunch club. Best handover of the week.",
    ),
    Text(
        "Roadworks by {spot} from {day} for about two weeks, says the highways team. Buses stop "
        "on the other side of the square meanwhile.",
    ),
    Text(
        "Quad bikes, trailers, tools: our rural marking day covered {count} of them. "
        "The farm dogs inspected every single one.",
    ),
    Text(
        "Cadet evening at {spot} is open to visitors this month. You need to be 13 to 17, and to "
        "like being outside in all weathers.",
    ),
    Text(
        "Door-step traders: it is fine to say no, and it is fine to shut the door. If you feel "
        "unsure about one, talk to a neighbour first.",
    ),
    Text(
        "Two swans, one roundabout, no hurry at all. Thank you for waiting, {place}, and thank "
        "you to the warden who walked them home.",
    ),
    Text(
        "The lost umbrella shelf at the front counter holds {count} umbrellas. One of them has "
        "ducks on it. It would like to go home.",
    ),
    Text(
        "What we promised in {place} last month: a speed survey (done), a talk at {spot} (done), "
        "new signs by the school (ordered, and late). The signs are the next thing we chase.",
    ),
    Text(
        "A kind word for the crossing patrol at {spot}: {count} years in all weathers, and a "
        "retirement cake the size of a kerbstone.",
    ),
    Text(
        "If you see a light on in the community hall late on {day}, that is the repair café. They "
        "mended {count} lamps last time, and one police torch.",
    ),
)

CORRECTED_FIRST = Text(
    "The drop-in about scam letters is at {spot} on Thursday at 6pm. All welcome."
)
CORRECTED_NOW = Text(
    "The drop-in about scam letters is at {spot} on Wednesday at 6pm. All welcome."
)
CORRECTION_REASON = "We gave the wrong day. It is Wednesday, not Thursday."
WITHDRAWN = Text(
    "The repair café at {spot} opens at 9am on {day}, and there is free parking behind the hall.",
)
PLATE_WAITS = Text(
    "Is this your van? AB12 CDE has stood outside {spot} with its lights on since this morning."
)
PLATE_IN = Text("Whose is the blue hatchback, AB34 CDF? Its boot is wide open, right by {spot}.")
PLATE_OUT = Text(
    "Whose is the blue hatchback by {spot}? Its boot is wide open. Please have a look."
)
NUMBER = Text(
    "Found a seal pup on the beach at {place}? Keep dogs away and ring the harbour office, on "
    "01632 960 371. They know what to do."
)
NUMBER_REASON = "It is the harbour office’s public line, printed on its signs; they asked for this."
WARNED = Text(
    "Somebody may know this bike: a green tandem with a wicker basket, found at {spot}. If it is "
    "yours, ring 101 and quote reference 4471/26."
)
WARNED_REASON = "The reference is that of the found tandem, not of a person."
SENT_BACK = Text("Parking on the pavement by {spot} again!! Some people never learn.")
SENT_BACK_REASON = "This scolds people who read it. Say what the trouble is and what helps."
WAITING = Text(
    "Walk with us: on {day} we go round {place} with the lighting engineers, from {spot}, and "
    "write down every lamp that is out. An hour, good shoes, everybody welcome.",
    "lights",
)
TOMORROW = Text(
    "The kettle is on: coffee with your local team from 10am today at {spot} in {place}. Come and "
    "tell us what should be better.",
    "poster",
)
DRAFT = Text("Thank you to everyone who came to {spot} last night. Things that you asked for: ")
LATE = Text("Last call for the bike marking at {spot}: we pack up at noon.")
EXPIRED = Text("The quiz at {spot} starts at 7pm tonight. There is still room at two tables.")
CANCELLED = Text("The open day at {spot} moves to {day}, because of the weather.")
OFFICE_NEWS = Text(
    "Three of us share this page. Here you find what belongs to all of {place}: events, road "
    "closures, and what became of the things that you asked for.",
    "harbour",
)
EVERY_TEXT = (
    *EVERYDAY,
    CORRECTED_FIRST,
    CORRECTED_NOW,
    WITHDRAWN,
    PLATE_OUT,
    SENT_BACK,
    WAITING,
    TOMORROW,
    DRAFT,
    LATE,
    EXPIRED,
    CANCELLED,
    OFFICE_NEWS,
)
