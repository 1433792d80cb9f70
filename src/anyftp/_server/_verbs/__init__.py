"""One handler for each verb.

`_dispatch` is the table of them; what a verb demands stands in the table of `_protocol`.
"""
