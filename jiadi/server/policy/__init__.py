"""The yardstick applied to the register (判定): runs that are stored and never edited, and what each house's verdict is now."""
