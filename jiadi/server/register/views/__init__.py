"""Pages of the register (登记册页面)."""
