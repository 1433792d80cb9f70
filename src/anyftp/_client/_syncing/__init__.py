"""Two folders kept alike, whichever of them was changed: a merge of three, and carrying it out.

What both had when they were last alike is remembered; what differs from that has been changed.
"""
