"""The whole way 全程: read → check → link → judge, and what it leaves on disk."""
