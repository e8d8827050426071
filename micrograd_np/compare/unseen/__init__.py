"""What a check could not have seen: mistakes that would have passed, and inputs that show them."""
