"""Finding what is wrong: what each value is, which line is to blame, which edit repairs it."""
