"""How much of what could be wrong the test suite notices: ``python -m benchmarks.adequacy``.

A mutant is a source file with one small mistake in it. It is killed if a test fails, and survives
if none does: then it is equivalent, or a test is missing. See `benchmarks.adequacy.__main__`.

Nothing in this package imports micrograd_np: processes are forked that have not imported it yet.
"""
