"""What a client is told: its settings and its policy of trying again.

The bottom of the client: values, and no I/O.
"""
