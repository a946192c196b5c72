"""Personas: overt, verified police identities, and what each may do where."""
