"""Work that runs behind the pages, in an order that PostgreSQL keeps (后台任务)."""
