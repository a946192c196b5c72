"""Cases, decisions and the people who may take them."""
