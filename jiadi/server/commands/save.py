"""Commands that save the server and bring it back (备份与恢复)."""
