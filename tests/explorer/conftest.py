"""One browser for all tests of the page, and one server for those that only look."""

import pytest

from explorer.browser import browser, command, visit


@pytest.fixture(scope="session")
def chromium():
    with browser() as found:
        yield found


@pytest.fixture(scope="session")
def address(chromium):
    with command() as url:
        yield url


@pytest.fixture
def page(chromium, address, request):
    """Return the page of the post's network, once it is drawn."""
    with visit(chromium, request.node.name) as found:
        yield found.open(address)
