"""Staff: who signs in, and with which roles for which areas."""
