"""What your dataset says: how it is stored, what it repeats, what padding and repeated work it costs."""
