"""Posts: from an officer's draft to a delivery on each channel."""
