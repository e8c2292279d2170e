"""The search: what to change. Every change is a change to the inputs, priced by the ledger."""
