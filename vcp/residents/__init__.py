"""The public site: rendered when something changes, read without a query."""
