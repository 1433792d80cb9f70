"""How a run ends: its signals, its one line of failure, its exit status."""
