"""Counterparts that misbehave on purpose, and what must still hold after them."""
