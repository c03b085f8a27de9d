"""Links that a person decides (关联复核): likely pairs, the workbook, and decisions sent back."""
