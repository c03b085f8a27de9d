"""Acts: who did what, when and why, chained so that nothing can be taken out (案件与留痕)."""
