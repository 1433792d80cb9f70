"""What a terminal shows: bars, tables, plots."""
