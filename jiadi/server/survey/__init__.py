"""Imports: from departments' files to the register, by upload, check, review, preview and acceptance (导入)."""
