"""Mirrors: two sides compared, a plan made of it, and the plan carried out.

Nothing is changed before everything is compared.
"""
