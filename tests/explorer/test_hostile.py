"""Thousands of generated requests: each is refused, and the server lives."""

import json
import random
import socket
import threading
from collections import Counter

import pytest

from explorer.serving import ask, serving
from micrograd_np.explorer.knobs import KNOBS
from micrograd_np.explorer.mistakes import alternatives
from micrograd_np.explorer.server import TOKEN

RAW = 2000
"""How many requests are sent whose bytes are broken somewhere."""

TYPED = 1500
"""How many questions are asked that are well-formed, and have something in them not offered."""


@pytest.fixture(scope="module")
def server():
    with serving() as server:
        yield server


def sent(server, data, timeout=20):
    """Send bytes and no more; return the status of the reply, None if there is none."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=timeout) as client:
        try:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            reply = client.recv(64)
            while client.recv(65536):
                pass
        except OSError:  # it was refused before all of it was sent
            return None
    return int(reply.split()[1]) if reply else None


def lives(server):
    return ask(server, "derivation", {"knobs": {"depth": 0}})[0] == 400 and (
        ask(server, "", method="GET", path="/")[0] == 200
    )


def whole(server, body=b'{"knobs": {}}'):
    return (
        f"POST /api/walk HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n{TOKEN}: {server.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def broken(server, rng):
    """Return a request with something wrong in it."""
    host, token = f"127.0.0.1:{server.port}", server.token
    method, path, version = "POST", "/api/walk", "HTTP/1.1"
    headers = {"Host": host, TOKEN: token, "Content-Type": "application/json"}
    body = rng.choice([b'{"knobs": {}}', b"{}", b"", b"x" * rng.randrange(20_000)])
    headers["Content-Length"] = str(len(body))
    what = rng.choice(
        ["method", "path", "version", "host", "token", "type", "length", "body", "noise", "cut",
         "line", "many", "long"]
    )  # fmt: skip
    junk = "".join(rng.choices("aZ09/.%?&=:;,\"'<>{}[]()\\ \t\0\x7f\xff", k=rng.randrange(1, 60)))
    if what == "method":
        method = rng.choice(["PUT", "DELETE", "post", "OPTIONS", "CONNECT", junk])
    elif what == "path":
        path = rng.choice(["/", "/api/", "/api/walks", "/../../etc/passwd", "/api/%77alk", junk])
    elif what == "version":
        version = rng.choice(["HTTP/0.9", "HTTP/3", "HTTP/1.999999999999", "ftp", "", junk])
    elif what == "host":
        headers["Host"] = rng.choice(["", "evil.example", f"evil:{server.port}", junk])
    elif what == "token":
        headers[TOKEN] = rng.choice(["", token[:-1], token + "a", token.swapcase(), junk])
    elif what == "type":
        headers["Content-Type"] = rng.choice(["", "text/html", "application/x", junk])
    elif what == "length":
        headers["Content-Length"] = rng.choice(["", "-5", "1e3", "0x10", "9" * 50, "१२", junk])
    elif what == "body":
        body = rng.choice([b"\xff\xfe", b"{", b"[1]", b'"knobs"', b"[" * 9000, rng.randbytes(99)])
        headers["Content-Length"] = str(len(body) + rng.choice([0, 0, 1, 500]))
    elif what == "many":
        headers |= {f"X-{number}": junk for number in range(150)}
    elif what == "long":
        headers["X-Long"] = "x" * 70_000
    lines = [f"{method} {path} {version}", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
    if what == "line":
        lines.insert(rng.randrange(len(lines) - 1), junk)
    data = "\r\n".join(lines).encode("utf-8", "replace") + body
    if what == "noise":
        at = rng.randrange(len(data) - len(body) - 4)
        data = data[:at] + rng.randbytes(rng.randrange(1, 40)) + data[at:]
    elif what == "cut":
        data = data[: rng.randrange(len(data) - len(body))]
    return what, data


def test_broken_requests_are_refused_and_the_server_lives(server):
    rng = random.Random(0)
    seen = Counter()
    for _ in range(RAW):
        what, data = broken(server, rng)
        status = sent(server, data)
        # Bytes put in at random, or a line more, may leave a request what it was.
        harmless = what in ("noise", "line", "version") and status == 200
        assert status is not None, (what, data[:300])
        assert 400 <= status < 500 or harmless, (what, status, data[:300])
        seen[what, status] += 1
    assert len({status for _, status in seen}) >= 8
    assert lives(server)


NUMBERS = [None, True, False, -1, 0, 10**6, 10**30, 1.5, -0.0, 1e308, float("inf"), float("nan")]
TEXTS = ["", "0", "relu; import os", "__import__('os')", "../../etc/passwd", "<script>", "\0", "🙂",
         "Float64", "relu ", "x" * 3000]  # fmt: skip


def not_offered(rng):
    """Return a question with something in it that is not offered."""

    def junk(depth=0):
        kind = rng.randrange(4 if depth < 3 else 2)
        if kind == 0:
            return rng.choice(NUMBERS)
        if kind == 1:
            return rng.choice(TEXTS)
        if kind == 2:
            return [junk(depth + 1) for _ in range(rng.randrange(4))]
        return {rng.choice(TEXTS): junk(depth + 1) for _ in range(rng.randrange(4))}

    name = rng.choice(["walk", "report", "train", "derivation", "start"])
    knob = rng.choice(KNOBS)
    allowed = {knob.name: list(knob.stops) or list(knob.choices)}
    value = junk()
    while any(value is one or (value == one and type(value) is type(one))
              for one in (*allowed[knob.name], 0, 1, 1.5)):  # fmt: skip
        value = junk()
    one = rng.choice(alternatives(1, "relu"))
    question = rng.choice(
        [
            {"knobs": {knob.name: value}},
            {"knobs": {rng.choice(TEXTS): 1}},
            {"knobs": rng.choice([[], 1, "x", None, True])},
            {"edits": {one.line: rng.choice(["", "none", one.code, 1, None, [one.name]])}},
            {"edits": {rng.choice(["", "db9", one.code]): one.name}},
            {"edits": rng.choice([[], 1, "x", None, [one.line]])},
            {rng.choice(["code", "file", "__class__", "knob", ""]): junk()},
        ]
    )
    return name, question


def test_questions_for_what_is_not_offered_are_refused(server):
    rng = random.Random(1)
    for _ in range(TYPED):
        name, question = not_offered(rng)
        status, answer, _ = ask(server, name, question)
        assert status == 400, (name, question, answer)
        assert set(answer) == {"error"}
        assert "\n" not in answer["error"]
        assert len(answer["error"]) < 400
    assert lives(server)


@pytest.mark.parametrize("name", ["since", "steps"])
@pytest.mark.parametrize("value", [-1, 10**9, 1.0, "1", None, True, [1]])
def test_steps_are_whole_and_bounded(server, name, value):
    assert ask(server, "train", {name: value})[0] == 400


def test_steps_go_forwards(server):
    assert ask(server, "train", {"since": 10, "steps": 5})[0] == 400


def test_no_text_that_is_sent_is_run(server, tmp_path):
    made = tmp_path / "made"
    attempt = f"__import__('pathlib').Path({str(made)!r}).write_text('x')"
    for question in ({"knobs": {"activation": attempt}}, {"edits": {"dscores": attempt}},
                     {"edits": {attempt: "missing"}}, {"knobs": {attempt: 1}}):  # fmt: skip
        for name in ("walk", "report", "train", "derivation"):
            status, answer, _ = ask(server, name, question)
            assert status == 400
            assert attempt not in answer["error"]
    assert not made.exists()


def test_requests_at_the_same_time_get_their_own_answers():
    with serving() as server:
        found, wrong = [], []

        def visit(seed):
            rng = random.Random(seed)
            for _ in range(12):
                if rng.random() < 0.5:
                    status = sent(server, broken(server, rng)[1])
                    if status is not None and not (status == 200 or 400 <= status < 500):
                        wrong.append(status)
                    continue
                hidden = rng.randrange(1, 9)
                status, answer, _ = ask(server, "walk", {"knobs": {"hidden": hidden}})
                found.append(status == 200 and answer["network"]["sizes"] == [4, hidden, 3])

        threads = [threading.Thread(target=visit, args=(seed,)) for seed in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrong
        assert len(found) > 20
        assert all(found)
        assert lives(server)


def test_a_whole_request_as_bytes_is_answered(server):
    assert sent(server, whole(server)) == 200
    assert sent(server, whole(server, json.dumps({"knobs": {"hidden": 3}}).encode())) == 200
