"""Whether to train again: ways to take new data in, and when. Each is a change to the inputs, priced by the ledger."""
