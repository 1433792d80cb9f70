"""`anyftp doctor`: what works with a server, what does not, and what to do about it.

A check is a function that gives findings. Each opens connections of its own, so that none depends
on what another one has left; what it raises is a finding too.
"""
