"""The register 台账: the one list of tables and columns, and how tables are held in memory."""
