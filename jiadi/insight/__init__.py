"""What a run says, for people 洞察: counts, the workbook of findings and the report page with its map."""
