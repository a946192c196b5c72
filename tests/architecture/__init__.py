"""Rules about the code itself: each test here must fail when its rule is broken."""
