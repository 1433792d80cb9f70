"""One data connection: its end point, the command, TLS, and how the transfer ends.

The end is good (`finish`) or brings the control connection back into step (`abandon`).
"""
