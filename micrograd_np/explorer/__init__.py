"""The explorer: a page on which a backward pass can be walked, broken and repaired."""
