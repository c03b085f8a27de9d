"""Houses, land and people as the database keeps them, with their history (房地人登记册)."""
