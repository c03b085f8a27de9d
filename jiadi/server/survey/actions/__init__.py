"""What may be done with imports (导入操作): the only writers of their rows and of their media."""
