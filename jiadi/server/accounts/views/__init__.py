"""Pages of accounts (账号页面): signing in, one's own account, and the accounts that one manages."""
