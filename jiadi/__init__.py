"""Jiadi 家底: the house, land and people register of a county, judged by one dated, cited yardstick."""

__version__ = "0.1.0"
