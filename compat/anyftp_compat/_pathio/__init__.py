"""aioftp's file systems: the interface, the disk, the memory.

Above `_streams`; clients and servers are given one of them.
"""
