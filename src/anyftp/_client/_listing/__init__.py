"""Listings: one folder, whole trees, patterns, and the zone of their times.

Names that the server gives are looked at here before anybody uses them.
"""
