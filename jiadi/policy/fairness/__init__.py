"""Whether like cases are treated alike (公平检查): one yardstick, measured against itself."""
