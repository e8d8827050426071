"""The server: for this computer alone, with its token, and nothing but what is offered."""

import http.client
import json
import re
import socket
import threading
import time

import pytest

from explorer.serving import ask, serving
from micrograd_np.explorer.knobs import Refused
from micrograd_np.explorer.server import MOST_AT_ONCE, MOST_BYTES, TOKEN, is_loopback


def echo(asked):
    return {"asked": asked}


def refuse(_asked):
    raise Refused("not this one")


def fail(_asked):
    raise ZeroDivisionError("a mistake")


@pytest.fixture(scope="module")
def server():
    with serving({"echo": echo, "refuse": refuse, "fail": fail}) as server:
        yield server


def test_it_listens_to_this_computer_alone(server):
    assert server.server_address[0] == "127.0.0.1"
    assert server.url == f"http://127.0.0.1:{server.port}/#{server.token}"
    assert len(server.token) >= 32


def test_every_run_has_a_token_of_its_own(server):
    with serving({}) as other:
        assert other.token != server.token


def test_a_question_is_answered(server):
    status, answer, headers = ask(server, "echo", {"a": [1, 2.5, "b"]})
    assert (status, answer) == (200, {"asked": {"a": [1, 2.5, "b"]}})
    assert headers["Cache-Control"] == "no-store"


def test_the_page_is_sent_without_a_token_and_holds_none(server):
    status, page, headers = ask(server, "", method="GET", path="/", **{TOKEN: None})
    assert status == 200
    assert server.token not in page
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["connect-src"] == "'self'"
    assert policy["base-uri"] == policy["form-action"] == policy["frame-ancestors"] == "'none'"
    for source in (policy["script-src"], policy["style-src"]):
        assert re.fullmatch(r"'sha256-[A-Za-z0-9+/=]+'", source)


WRONG_HOSTS = [
    None, "", "example.org", "127.0.0.1", "localhost", "127.0.0.1:1", "evil.example:{port}",
    "127.0.0.1.evil.example:{port}", "localhost.evil.example:{port}", "127.0.0.1:{port}.evil",
    "127.0.0.1:{port}@evil.example", "0.0.0.0:{port}", "[::]:{port}", "127.0.0.2:{port}",
]  # fmt: skip


@pytest.mark.parametrize("host", WRONG_HOSTS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_host_is_refused(server, host, method):
    host = host and host.format(port=server.port)
    path = "/" if method == "GET" else "/api/echo"
    status, answer, _ = ask(server, "echo", method=method, path=path, Host=host)
    assert (status, answer) == (403, {"error": "this server is not called by that name"})


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}"])
def test_its_own_names_are_taken(server, host):
    assert ask(server, "echo", Host=host.format(port=server.port))[0] == 200


def test_two_hosts_are_refused(server):
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        name = f"127.0.0.1:{server.port}"
        client.sendall(f"GET / HTTP/1.1\r\nHost: {name}\r\nHost: evil\r\n\r\n".encode())
        assert client.recv(100).startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize("token", [None, "", "x", "x" * 32, "ü", "{token}x", "{token} {token}"])
def test_another_token_is_refused(server, token):
    token = token and token.format(token=server.token)
    status, answer, _ = ask(server, "echo", **{TOKEN: token})
    assert status == 403
    assert server.token not in json.dumps(answer)


@pytest.mark.parametrize("path", ["/api/", "/api/none", "/echo", "/api/echo/", "/api/../api/echo",
                                  "/api/echo?x=1", "/api/ECHO", "/etc/passwd"])  # fmt: skip
def test_other_questions_are_not_found(server, path):
    assert ask(server, "", path=path)[0] == 404


@pytest.mark.parametrize("path", ["/index.html", "/..", "/page.html", "/?a", "/api/echo"])
def test_there_is_one_page(server, path):
    assert ask(server, "", method="GET", path=path)[0] == 404


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "BREW"])
def test_other_verbs_are_refused(server, method):
    assert ask_raw(server, f"{method} / HTTP/1.1") == 405


def ask_raw(server, first_line):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(f"{first_line}\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode())
        return int(client.recv(64).split()[1])


@pytest.mark.parametrize("line", ["GET", "GET /", "GET / HTTP/9.9", "GET / HTTP/1", "\0\1\2 / x",
                                  "GET / HTTP/1.1 more", "G" * 70_000])  # fmt: skip
def test_what_is_no_request_is_refused(server, line):
    assert 400 <= ask_raw(server, line) < 500


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Type": None}, 415),
        ({"Content_Length": None}, 411),
        ({"Content_Length": "-1"}, 411),
        ({"Content_Length": "2, 2"}, 411),
        ({"Content_Length": "²"}, 411),
        ({"Content_Length": str(MOST_BYTES + 1)}, 413),
        ({"Content_Length": "9" * 400}, 413),
        ({"Transfer_Encoding": "chunked"}, 411),
    ],
)
def test_a_question_of_another_form_is_refused(server, headers, status):
    headers = {k: v.encode("latin-1") if v else v for k, v in headers.items()}
    assert ask(server, "echo", **headers)[0] == status


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"1", b"null", b'"a"', b"\xff\xfe", b"{'a': 1}",
                                  b"[" * 10_000, b"[" * 5_000 + b"]" * 5_000])  # fmt: skip
def test_what_is_no_object_is_refused(server, body):
    assert ask(server, "echo", body=body)[0] == 400


def test_a_question_that_is_cut_short_is_refused(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        head = (
            f"POST /api/echo HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n{TOKEN}: {server.token}"
        )
        head += "\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
        client.sendall(head.encode() + b'{"a": 1}')
        client.shutdown(socket.SHUT_WR)
        assert client.recv(64).startswith(b"HTTP/1.1 400 ")


def test_a_refusal_says_why(server):
    assert ask(server, "refuse")[:2] == (400, {"error": "not this one"})


def test_a_mistake_of_ours_is_told_and_the_server_lives(server, capfd):
    assert ask(server, "fail")[:2] == (500, {"error": "ZeroDivisionError: a mistake"})
    assert "a mistake" in capfd.readouterr().err
    assert ask(server, "echo")[0] == 200


def test_a_connection_serves_several_questions(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    for number in range(3):
        body = json.dumps({"number": number})
        headers = {"Content-Type": "application/json", TOKEN: server.token}
        connection.request("POST", "/api/echo", body, headers)
        assert json.loads(connection.getresponse().read()) == {"asked": {"number": number}}
    connection.close()


def test_too_many_connections_are_told_so_and_later_ones_are_served():
    with serving({"echo": echo}) as server:
        held = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(MOST_AT_ONCE)]
        deadline = time.monotonic() + 20
        while True:
            with socket.create_connection(("127.0.0.1", server.port), timeout=10) as one:
                one.settimeout(0.3)
                try:
                    said = one.recv(64)
                except TimeoutError:  # it is served, and waits for the question
                    said = b""
            if said.startswith(b"HTTP/1.1 429 "):
                break
            assert time.monotonic() < deadline
        for one in held:
            one.close()
        while True:
            try:
                if ask(server, "echo")[0] == 200:
                    break
            except (ConnectionError, http.client.HTTPException):
                pass
            assert time.monotonic() < deadline


def test_a_client_that_says_nothing_holds_nobody_up(server):
    silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(5)]
    try:
        assert ask(server, "echo")[0] == 200
    finally:
        for one in silent:
            one.close()


def test_a_client_that_sends_drop_by_drop_is_not_waited_for_for_ever(monkeypatch):
    monkeypatch.setattr("micrograd_np.explorer.server.PATIENCE", 0.5)
    with (
        serving({"echo": echo}) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=10) as client,
    ):
        ended = False
        for letter in b"POST /api/echo HTTP/1.1\r\n" * 20:
            try:
                client.sendall(bytes([letter]))
            except OSError:
                ended = True
                break
            time.sleep(0.05)
        assert ended
        assert ask(server, "echo")[0] == 200


def test_an_answer_may_take_longer_than_a_question(monkeypatch):
    monkeypatch.setattr("micrograd_np.explorer.server.PATIENCE", 0.2)

    def slow(_asked):
        time.sleep(1.2)
        return {"late": True}

    with serving({"slow": slow}) as server:
        assert ask(server, "slow")[:2] == (200, {"late": True})


def test_an_address_of_this_computer_is_known():
    assert all(map(is_loopback, ["127.0.0.1", "127.1.2.3", "::1", "localhost"]))
    assert not any(map(is_loopback, ["0.0.0.0", "::", "10.0.0.1", "example.org", ""]))


def test_listening_to_others_takes_addresses_and_no_names():
    with serving({"echo": echo}, host="0.0.0.0") as server:
        assert ask(server, "echo", Host=f"10.1.2.3:{server.port}")[0] == 200
        assert ask(server, "echo", Host=f"evil.example:{server.port}")[0] == 403
        assert ask(server, "echo", Host=f"10.1.2.3:{server.port}", **{TOKEN: "x"})[0] == 403


def test_it_ends_while_a_question_is_on_its_way():
    begun = threading.Event()

    def slow(_asked):
        begun.set()
        time.sleep(0.2)
        return {}

    with serving({"slow": slow}) as server:
        thread = threading.Thread(target=lambda: ask(server, "slow"))
        thread.start()
        assert begun.wait(10)
    thread.join(10)
    assert not thread.is_alive()
