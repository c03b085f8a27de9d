"""What PostgreSQL does for every app (数据库支撑): whose rows are seen, versions of rows, keys, geometry, and a private instance."""
