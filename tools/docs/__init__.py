"""Helpers that build the documentation site and the project's page on PyPI."""
