"""Measured comparisons of anyftp with its peers: ``python -m benchmarks`` from the checkout.

A *suite* (``suites/``) is one table or a few. It lists *contestants*, each of which does the same
work in a child process of its own (``children/``), one after the other, round after round, so that
whatever else the machine is doing hits all of them alike. The numbers to trust are CPU seconds and
the ratios within one run.
"""
