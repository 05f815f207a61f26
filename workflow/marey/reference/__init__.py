"""The reference pages that `make docs` writes."""
