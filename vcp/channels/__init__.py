"""Channels: the force's accounts on networks, and its own feed."""
