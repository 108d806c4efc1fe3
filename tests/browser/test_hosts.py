"""Who may talk to the server: pages that it served itself, under this computer's own names, and nobody else."""

import http.client
from urllib.parse import urlsplit

import pytest
from serving import answer


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_this_computer_may_talk_to_the_server(address: str, host: str) -> None:
    port = urlsplit(address).port
    assert answer(port, host, f"http://{host}:{port}") == http.client.SWITCHING_PROTOCOLS


def test_a_foreign_page_is_refused(address: str) -> None:
    assert answer(urlsplit(address).port, "localhost", "http://evil.example") == http.client.FORBIDDEN


def test_a_foreign_page_cannot_send_a_file(address: str) -> None:
    """It has no token, since it cannot read the cookie."""
    connection = http.client.HTTPConnection("localhost", urlsplit(address).port, timeout=60)
    connection.request("PUT", "/_stcore/upload_file/session/file", b"content", {"Origin": "http://evil.example"})
    assert connection.getresponse().status in (http.client.BAD_REQUEST, http.client.FORBIDDEN)
    connection.close()


def test_a_foreign_page_cannot_read_an_answer(address: str) -> None:
    connection = http.client.HTTPConnection("localhost", urlsplit(address).port, timeout=60)
    connection.request("GET", "/_stcore/health", headers={"Origin": "http://evil.example"})
    answer = connection.getresponse()
    assert answer.status == http.client.OK and answer.headers["Access-Control-Allow-Origin"] in (None, "")
    connection.close()


def test_a_foreign_name_that_was_made_to_point_here_is_refused(address: str) -> None:
    """DNS rebinding: host and origin agree, so that only the list of allowed names tells."""
    port = urlsplit(address).port
    assert answer(port, "evil.example", f"http://evil.example:{port}") == http.client.FORBIDDEN
