import pytest

# A failing assert in a helper shows its values, as in a test.
pytest.register_assert_rewrite("tests.helpers")
