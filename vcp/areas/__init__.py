"""Areas: force > district > neighbourhood > beat, each with dates."""
