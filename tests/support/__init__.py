"""What several test modules share, importable as `support` (pytest's pythonpath has tests/)."""
