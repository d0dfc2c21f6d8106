"""The disclosure rules over whole histories: what the exchange's own code releases is what a plain recomputation does."""
