"""The spot endpoints."""
