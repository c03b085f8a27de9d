"""Identifiers 代码: divisions, persons, parcels and real-estate units, and their check digits."""
