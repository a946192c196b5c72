"""One adapter a network; no Flask, no database."""
