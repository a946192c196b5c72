"""Whether a name, handle, address or link is ours: compared with the register, never stored."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import unquote, urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from officer_profiles.models import Persona
from officer_profiles.states import PersonaState
from vcp.channels.models import Channel
from vcp.channels.states import ChannelState
from vcp.kernel import clock
from vcp.networks.registry import NETWORKS
from vcp.posts.models import Delivery, DeliveryKind, Post
from vcp.posts.states import DeliveryState
from vcp.residents import queries, statements
from vcp.residents.addresses import post_path
from vcp.residents.lookalikes import (
    bare_address,
    host_of,
    host_resembles,
    is_disguised,
    looks_like,
    netloc,
    our_skeleton,
    our_spelling,
    plain_host,
    resembles,
    skeleton,
    tidied,
)
from vcp.residents.profile_addresses import (
    HANDLE,
    HOST_AND_PATH,
    ON_BLUESKY,
    ON_X,
    PROFILE,
    X_HOSTS,
)
from vcp.residents.site import Site
from vcp.residents.verdicts import Outcome, Verdict
from vcp.residents.views import OfficerView, shown_officer

_OFFICER = re.compile(r"/officers/([^/]+)(?:/.*)?")
_POST = re.compile(r"/posts/([^/]+)(?:/(?:post\.json)?)?")
#: Words of the force's name that many forces share.
_COMMON = frozenset({"police", "service", "the", "of", "and", "constabulary", "force"})


@dataclass(frozen=True)
class Known:
    """What a persona is called, for comparing: thousands of rows would be slow to read whole."""

    id: int
    slug: str
    display_name: str
    signature: str
    collar_number: str
    is_living: bool


class Register:
    """What is compared with: personas, accounts and hosts of ours."""

    def __init__(self, session: Session, site: Site) -> None:
        """Read the register once for one check."""
        self.session, self.site, self.now = session, site, clock.now()
        self.accounts = queries.accounts(session)
        self.personas = [
            Known(*row[:5], _is_living(row[5], row[6], self.now))
            for row in session.execute(
                select(
                    Persona.id,
                    Persona.slug,
                    Persona.display_name,
                    Persona.signature,
                    Persona.collar_number,
                    Persona.state,
                    Persona.verification_expires_at,
                )
                .where(Persona.state.in_(queries.SHOWN_PERSONAS))
                .order_by(Persona.display_name, Persona.id)
            )
        ]

    def officers(self, ids: Iterable[int]) -> tuple[OfficerView, ...]:
        """Return personas as residents see them."""
        outlets = queries.outlets(self.session, self.now)
        rows = queries.personas(self.session, Persona.id.in_(list(ids)))
        return tuple(shown_officer(self.site, row, outlets, self.now) for row in rows)

    def officers_on(self, channel: Channel) -> tuple[OfficerView, ...]:
        """Return whose account it is."""
        outlets = queries.outlets(self.session, self.now)
        return self.officers(key for key, found in outlets.items() if channel in found)

    def own_hosts(self) -> list[str]:
        """Return the hosts that are the force's own."""
        settings = self.site.settings
        hosts = [host_of(settings.base_url), host_of(settings.report_url)]
        return [host for host in dict.fromkeys(hosts) if re.search(r"\.[a-z]", host)]

    def mail_host(self) -> str:
        """Return the host of our own mail addresses."""
        return plain_host(self.site.settings.mail_from.rpartition("@")[2].strip("> "))


def check(session: Session, site: Site, typed: str) -> Verdict:
    """Say what is known of what somebody pasted."""
    asked = tidied(typed).removeprefix("acct:").removeprefix("mailto:")
    register = Register(session, site)
    if is_disguised(typed, asked):
        return _of_disguise(register, asked)
    if "://" in asked:
        return _of_link(register, asked)
    if (handle := HANDLE.fullmatch(asked)) is not None:
        name, server = handle[1], plain_host(handle[2])
        return (
            _on_x(register, name, None) if server in X_HOSTS else _of_handle(register, name, server)
        )
    if HOST_AND_PATH.fullmatch(asked):
        return _of_link(register, f"https://{asked}")
    name = asked.removeprefix("@")
    return _of_domain(register, name) or _of_name(register, name)


def _of_disguise(register: Register, asked: str) -> Verdict:
    """Judge an address that leads elsewhere than it seems to."""
    ours = next((host for host in register.own_hosts() if host in asked), None)
    return Verdict(Outcome.LOOKALIKE, name=ours) if ours else Verdict(Outcome.UNKNOWN)


def _of_link(register: Register, url: str) -> Verdict:
    try:
        parts = urlsplit(url)
        at = netloc(url)
        host, path = plain_host(parts.hostname or ""), unquote(parts.path) or "/"
    except ValueError:
        return Verdict(Outcome.UNKNOWN)
    if "\0" in path:
        return Verdict(Outcome.UNKNOWN)
    if at == netloc(register.site.settings.base_url):
        return _on_our_site(register, path)
    if host in register.own_hosts():
        return Verdict(Outcome.OUR_SITE, name=register.site.settings.force_name)
    return (
        _on_a_network(register, at, path)
        or _profile_as_given(register, url)
        or _of_host(register, host)
    )


def _on_a_network(register: Register, at: str, path: str) -> Verdict | None:
    """Judge an address of a form that a network has; None for others."""
    if at in X_HOSTS and (shown := ON_X.fullmatch(path)) is not None:
        return _on_x(register, *shown.groups())
    if (profile := PROFILE.fullmatch(path)) is not None:
        return _of_profile(register, at, *profile.groups())
    shown = ON_BLUESKY.fullmatch(path) if at == "bsky.app" else None
    domain = shown.groups() if shown else (at,) if path == "/" else ()
    return _of_domain(register, *domain) if domain else None


def _of_profile(
    register: Register, at: str, name: str, server: str | None, post_id: str | None
) -> Verdict:
    """Judge the address of a profile, or of a post below it."""
    if server and plain_host(server) != at:
        # A profile of one server shown by another: the handle says whose it is.
        return _of_handle(register, name, plain_host(server))
    at_host = [one for one in register.accounts if netloc(one.base_url) == at]
    if post_id is not None and at_host:
        return _of_remote_post(register, at_host, name, post_id)
    return _of_handle(register, name, at)


def _on_our_site(register: Register, path: str) -> Verdict:
    settings = register.site.settings
    if (found := _POST.fullmatch(path)) is not None and found[1] != "archive":
        post = register.session.scalar(
            select(Post).where(queries.public_posts(), Post.public_id == found[1])
        )
        return _of_post(register, post)
    if (found := _OFFICER.fullmatch(path)) is not None:
        for persona in register.personas:
            if persona.slug == found[1]:
                return _of_persona(register, persona.id)
        return Verdict(Outcome.UNKNOWN)
    return Verdict(Outcome.OUR_SITE, name=settings.force_name, url=settings.base_url + "/")


def _of_post(register: Register, post: Post | None) -> Verdict:
    if post is None:
        return Verdict(Outcome.UNKNOWN_POST)
    is_gone = post.withdrawn_at is not None
    # What was written to one person, or went to a network alone, has no page here.
    has_page = register.session.scalar(
        select(Post.id).where(Post.id == post.id, queries.public_posts())
    )
    return Verdict(
        Outcome.WITHDRAWN if is_gone else Outcome.POST,
        name=post.persona.display_name,
        url=post_path(post.public_id) if has_page else None,
        officers=register.officers([post.persona_id]),
        since=post.released_at,
        until=post.withdrawn_at,
    )


def _of_remote_post(
    register: Register, channels: Sequence[Channel], name: str, post_id: str
) -> Verdict:
    """Judge a link to a post on a network by what we sent there."""
    if (disowned := statements.of_post(register.session, channels, post_id)) is not None:
        return disowned
    delivery = register.session.scalar(
        select(Delivery).where(
            Delivery.channel_id.in_([one.id for one in channels]),
            Delivery.kind == DeliveryKind.PUBLISH,
            Delivery.remote_id == post_id,
        )
    )
    ours = next((one for one in channels if _local(one) == name), None)
    if delivery is None or ours is None or delivery.channel_id != ours.id:
        if ours is None:
            return _of_handle(register, name, netloc(channels[0].base_url))
        return Verdict(Outcome.UNKNOWN_POST, name=f"@{ours.handle}", url=ours.profile_url)
    known = _of_post(register, delivery.post)
    if delivery.state is DeliveryState.WITHDRAWN and known.outcome is Outcome.POST:
        # Taken down there alone.
        return replace(known, outcome=Outcome.WITHDRAWN, until=delivery.state_changed_at)
    return known


def _of_handle(register: Register, name: str, server: str) -> Verdict:
    wanted = f"{name}@{server}"
    for channel in register.accounts:
        if our_spelling(channel.handle or "") == wanted:
            return _of_account(register, channel)
    if server == register.mail_host():
        return Verdict(Outcome.OUR_MAIL, name=register.site.settings.force_name)
    seen = skeleton(name)
    for channel in register.accounts:
        local, _, at = our_spelling(channel.handle or "").partition("@")
        is_other = at != server or name != local
        if is_other and looks_like(seen, our_skeleton(local)):
            return _like(register, channel)
        if name == local and resembles(server, at):
            return _like(register, channel)
    for persona in register.personas:
        if persona.is_living and _is_like_persona(seen, persona):
            return _like_persona(register, persona.id)
    return _of_host(register, server)


def _of_domain(register: Register, name: str, post_key: str | None = None) -> Verdict | None:
    """Judge a name that is a domain, as Bluesky's are, or an account's number; None for others."""
    accounts = [one for one in register.accounts if one.network == "bluesky"]
    for channel in accounts:
        if name in (_local(channel), channel.account_id):
            address = f"at://{channel.account_id}/app.bsky.feed.post/{post_key}"
            if post_key is not None:
                return _of_remote_post(register, [channel], _local(channel), address)
            return _of_account(register, channel)
    seen = skeleton(name)
    alike = (one for one in accounts if looks_like(seen, our_skeleton(_local(one))))
    found = next(alike, None)
    return None if found is None else _like(register, found)


def _on_x(register: Register, name: str, post_id: str | None) -> Verdict:
    """Judge an account of X, or a post there; X shows a post whatever name is before it."""
    accounts = [one for one in register.accounts if one.network == "x"]
    named = [one for one in accounts if _local(one) == name]
    if not named and name != "i":
        return _of_handle(register, name, "x.com")
    if post_id is None:
        return _of_account(register, named[0]) if named else Verdict(Outcome.UNKNOWN)
    found = Verdict(Outcome.UNKNOWN_POST)
    for one in named or accounts:
        found = _of_remote_post(register, [one], _local(one), post_id)
        if found.outcome is not Outcome.UNKNOWN_POST:
            break
    return found


def _of_name(register: Register, name: str) -> Verdict:
    """Judge a name without a server: it can be ours, or a copy of ours somewhere."""
    for channel in register.accounts:
        if _local(channel) == name:
            known = _of_account(register, channel)
            if known.outcome is Outcome.GENUINE:
                return Verdict(
                    Outcome.NAME, known.name, known.network, known.url, known.officers, known.since
                )
            return known
    for persona in register.personas:
        names = (persona.display_name, persona.signature, persona.collar_number, persona.slug)
        if name in {our_spelling(one) for one in names if one}:
            known = _of_persona(register, persona.id)
            is_here = known.outcome is Outcome.GENUINE
            return Verdict(
                Outcome.NAME if is_here else known.outcome,
                known.name,
                url=known.url,
                officers=known.officers,
                since=known.since,
                until=known.until,
            )
    seen = skeleton(name)
    for channel in register.accounts:
        if looks_like(seen, our_skeleton(_local(channel))):
            return _like(register, channel)
    for persona in register.personas:
        if persona.is_living and looks_like(seen, our_skeleton(persona.display_name)):
            return _like_persona(register, persona.id)
    return Verdict(Outcome.UNKNOWN)


def _of_account(register: Register, channel: Channel) -> Verdict:
    is_ended = channel.state is ChannelState.DISCONNECTED
    return Verdict(
        Outcome.ENDED if is_ended else Outcome.GENUINE,
        name=f"@{channel.handle}",
        network=NETWORKS.get(channel.network, channel.network),
        url=None if is_ended else channel.profile_url,
        officers=() if is_ended else register.officers_on(channel),
        since=channel.connected_at,
        until=channel.state_changed_at if is_ended else None,
        statement=statements.of_account(register.session, channel),
    )


def _of_persona(register: Register, persona_id: int) -> Verdict:
    (officer,) = register.officers([persona_id])
    outcome = Outcome.ENDED if officer.status != "verified" else Outcome.GENUINE
    return Verdict(
        outcome,
        name=officer.name,
        url=officer.url,
        officers=(officer,),
        since=officer.verified_at,
        until=officer.ended_at or (officer.changed_at if outcome is Outcome.ENDED else None),
    )


def _like(register: Register, channel: Channel) -> Verdict:
    known = _of_account(register, channel)
    return Verdict(Outcome.LOOKALIKE, known.name, known.network, known.url, known.officers)


def _like_persona(register: Register, persona_id: int) -> Verdict:
    (officer,) = register.officers([persona_id])
    return Verdict(Outcome.LOOKALIKE, officer.name, "", officer.url, (officer,))


def _of_host(register: Register, host: str) -> Verdict:
    """Judge an address that isn't ours by whether it pretends to be."""
    force = register.site.settings.force_name
    words = frozenset(
        word for word in force.casefold().split() if word not in _COMMON and word.isalpha()
    )
    for ours in [*register.own_hosts(), register.mail_host()]:
        if host == ours:
            return Verdict(Outcome.OUR_SITE, name=force)
        if host_resembles(host, ours, words):
            return Verdict(Outcome.LOOKALIKE, name=ours)
    return Verdict(Outcome.UNKNOWN)


def _profile_as_given(register: Register, url: str) -> Verdict | None:
    """Return the verdict on a profile of a network whose addresses have another form."""
    wanted = bare_address(url)
    for channel in register.accounts:
        if channel.profile_url and bare_address(channel.profile_url) == wanted:
            return _of_account(register, channel)
    return None


def _is_living(state: PersonaState, expires: datetime | None, now: datetime) -> bool:
    return state is PersonaState.VERIFIED and (expires is None or expires > now)


def _is_like_persona(seen: str, persona: Known) -> bool:
    forms = (persona.display_name, persona.slug)
    return any(looks_like(seen, our_skeleton(form)) for form in forms)


def _local(channel: Channel) -> str:
    return our_spelling(channel.handle or "").partition("@")[0]
