"""Flame graphs: where anyftp's own side of each goal spends its processor time.

``python -m benchmarks.flames measure FOLDER [--source CHECKOUT] [ROW…]`` samples this state of the
library or an older one; ``python -m benchmarks.flames draw BEFORE AFTER`` draws two such folders.
"""
