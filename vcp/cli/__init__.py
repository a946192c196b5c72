"""The `vcp` command: what operators, and officers without a browser, type."""

import importlib

import click

from vcp import __version__

#: Where each command is found. A module is loaded when its command is asked for: `vcp up` stays
#: small beside what it starts, and `vcp triage` needs no application.
COMMANDS = {
    "alarms": "alarms:command",
    "areas": "areas:group",
    "audit": "trail:group",
    "cases": "cases:group",
    "channels": "channels:group",
    "clock": "processes:clock",
    "contacts": "contacts:command",
    "db": "database:group",
    "deliveries": "deliveries:command",
    "doctor": "doctor:command",
    "ingest": "processes:ingest",
    "pause": "pausing:command",
    "personas": "personas:group",
    "posts": "posts:group",
    "prepare": "preparing:prepare",
    "publisher": "processes:publisher",
    "routes": "routing:command",
    "seed": "seeding:group",
    "site": "site:group",
    "triage": "triage:command",
    "up": "starting:up",
    "users": "people:group",
    "web": "serving:web",
    "worker": "processes:worker",
}


class Commands(click.Group):
    """A group that loads a command's module only when the command is wanted."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, sorted."""
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, or None for a name that there isn't."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(f"vcp.cli.{module}"), name)
        return command


@click.group(cls=Commands)
@click.version_option(__version__, prog_name="vcp")
def main() -> None:
    """Virtual Community Policing: overt police identities, two people behind each post."""
