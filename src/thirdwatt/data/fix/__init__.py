"""What mends a dataset: each fix reads one and writes another beside it, and proves that nothing was lost."""
