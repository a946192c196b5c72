"""Virtual Community Policing: managed, overt, verified police identities online."""

__version__ = "0.1.0"
