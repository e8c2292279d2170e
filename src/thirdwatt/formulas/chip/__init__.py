"""Chips: what a blueprint can do, draws, takes up and costs, from its process to its package."""
