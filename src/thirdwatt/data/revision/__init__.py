"""What a new revision of a dataset really brings: its documents, its lines, and what a transfer of it would take."""
