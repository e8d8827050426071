"""Prints the evidence of the equivalence properties when the run is over."""

from equivalence.evidence import table


def pytest_terminal_summary(terminalreporter):
    lines = table()
    if lines:
        terminalreporter.section("hand-written, automatic and PyTorch: worst error in radii")
        for line in lines:
            terminalreporter.write_line(line)
