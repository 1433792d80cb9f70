"""Single files and folders of the server: asked about, changed, removed.

A few commands each, and none that moves a file.
"""
