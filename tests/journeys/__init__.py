"""Journeys: a promise each, kept by the whole product in a real browser."""
