"""Flame graphs: where anyftp's own side of each goal spends its processor time.

``python -m benchmarks.flames measure FOLDER CHECKOUT [ROW…]`` samples an earlier state of the
library, which lies in CHECKOUT, and this one, by turns; ``python -m benchmarks.flames draw FOLDER``
draws both.
"""
