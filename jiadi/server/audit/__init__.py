"""Reading the chain of acts (操作留痕查阅)."""
