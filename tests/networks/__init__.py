"""The networks: one contract for every adapter, and what only one of them can get wrong."""
