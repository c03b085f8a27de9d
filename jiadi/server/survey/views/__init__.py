"""Pages of imports (导入页面)."""
