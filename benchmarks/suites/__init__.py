"""The tables: each module names contestants, has them measured in turn, prints the result."""
