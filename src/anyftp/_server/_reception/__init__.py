"""From a connection that comes in to commands that are obeyed in their order.

Who is turned away is told why.
"""
