"""The survey 调查: departments' files become clean, linked tables."""
