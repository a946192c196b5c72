"""Screening of text: pure functions, no database, no clock, no network."""
