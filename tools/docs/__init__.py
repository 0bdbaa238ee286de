"""What the documentation site and the project's page on PyPI need beyond the pages themselves."""
