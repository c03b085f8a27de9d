"""Giving back 退回: the problems in the user's own workbook, to be corrected there and sent in again."""
