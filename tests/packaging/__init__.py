"""The product as it is installed, not as it is checked out."""
