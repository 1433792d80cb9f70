"""Further sessions with one server, lent to whoever has something to do."""
