"""What a process manager starts: web, publisher, worker, clock, and up."""
