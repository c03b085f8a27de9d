"""Other systems are told what was done (推送): by a signed request to an address that somebody registered."""
