"""Prints the evidence of the equivalence properties when the run is over."""

from dataclasses import astuple

from equivalence.evidence import EVIDENCE, Record, table


class FromWorkers:
    """Brings the evidence home from the processes that pytest-xdist shares the tests among."""

    def pytest_testnodedown(self, node):
        for key, record in getattr(node, "workeroutput", {}).get("evidence", []):
            EVIDENCE[tuple(key)] = Record(*record)  # of one test, which ran in one process


def pytest_configure(config):
    if config.pluginmanager.has_plugin("xdist"):
        config.pluginmanager.register(FromWorkers())


def pytest_sessionfinish(session):
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["evidence"] = [(key, astuple(record)) for key, record in EVIDENCE.items()]


def pytest_terminal_summary(terminalreporter):
    lines = table()
    if lines:
        terminalreporter.section("hand-written, automatic and PyTorch: worst error in radii")
        for line in lines:
            terminalreporter.write_line(line)
