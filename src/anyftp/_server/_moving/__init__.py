"""What moves over a data connection.

From the reply 150 to the close: both directions, packed or not, whole files or ranges.
"""
