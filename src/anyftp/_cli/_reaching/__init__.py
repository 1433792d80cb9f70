"""A server to talk to, by URL and options."""
