"""Every page, looked at: by axe on a phone and on a desk, and used with scripts off."""
