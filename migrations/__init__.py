"""Database migrations, run by `vcp db`."""
