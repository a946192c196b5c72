"""What residents say: messages as they came, and the community contacts that they make."""
