"""Programs that the suites start: each does one piece of work and prints one line of JSON."""
