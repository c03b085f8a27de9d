"""Lists of the register as files that other programs open (批量导出): written by a worker, fetched by whoever asked."""
