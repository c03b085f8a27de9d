"""Who may do what, where and from when to when (账号与授权)."""
