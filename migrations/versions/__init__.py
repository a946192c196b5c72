"""One file a migration, numbered, one head."""
