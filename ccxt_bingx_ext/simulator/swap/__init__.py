"""The swap endpoints, linear and inverse."""
