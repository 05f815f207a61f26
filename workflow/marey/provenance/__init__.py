"""Where results come from: digests of code and content, and the steps behind a result."""
