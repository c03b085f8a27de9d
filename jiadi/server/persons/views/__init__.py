"""Pages of persons' data."""
