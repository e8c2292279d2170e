"""What you see: the ledger as text, Markdown, CSV and data."""
