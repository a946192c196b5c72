"""The invented demo force; nobody in it is real."""

from vcp.seed.force import FEWEST_OFFICERS, MOST_OFFICERS, seed_demo, sign_in_lines

__all__ = ["FEWEST_OFFICERS", "MOST_OFFICERS", "seed_demo", "sign_in_lines"]
