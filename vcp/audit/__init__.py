"""The trail: searching it and exporting it."""
