"""A server in a thread, and requests to it."""

import contextlib
import http.client
import json
import threading

from micrograd_np.explorer.questions import Questions
from micrograd_np.explorer.server import TOKEN, Server


@contextlib.contextmanager
def serving(answers=None, **options):
    if answers is None:
        questions = Questions()
        answers, options = questions.answers(), {"closing": questions.close} | options
    server = Server(answers, **options)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ask(server, name, question=None, *, method="POST", body=None, path=None, **headers):
    """Return the status and the answer; a header that is None is left out."""
    if body is None:
        body = json.dumps({} if question is None else question).encode()
    sent = {
        "Host": f"127.0.0.1:{server.port}",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        TOKEN: server.token,
    }
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.putrequest(method, path or f"/api/{name}", skip_host=True)
        for header, value in sent.items():
            if value is not None:
                connection.putheader(header, value)
        connection.endheaders(body if method == "POST" else None)
        reply = connection.getresponse()
        content = reply.read()
        kind = reply.headers.get_content_type()
        answer = json.loads(content) if kind == "application/json" else content.decode()
        return reply.status, answer, reply.headers
    finally:
        connection.close()
