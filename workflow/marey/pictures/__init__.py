"""Images as arrays: geometry, views and squares of them."""
