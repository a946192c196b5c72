"""Jinja templates, one folder a feature."""
