"""The tables: each module names its contestants, has them measured in turn and prints the result."""
