# test: self servers
import json
import sys
import threading
import time
import urllib.error
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from urllib.request import Request, urlopen

own, other = sys.argv[1:]


def told(call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except Exception as error:
        return error
    raise AssertionError(f"{call} raised nothing")


# The page's own server, with and without its name.
for address in (own + "/python/tests/programs/hello.py", "/python/tests/programs/hello.py"):
    with urlopen(address) as answer:
        assert answer.status == answer.code == answer.getcode() == 200 and answer.reason == "OK"
        assert answer.url == answer.geturl() == own + "/python/tests/programs/hello.py", answer.url
        assert answer.headers["content-length"] == answer.headers["Content-Length"] == str(answer.length)
        assert answer.readline().startswith(b"# test:") and b"hello" in answer.read()
        assert answer.read() == b""
    assert answer.closed
assert len(urlopen("/www/python/gilscope_python.js").read()) > 10_000

# Another one that allows it.
answer = urlopen(other + "/")
assert answer.read() == b"hello from outside"
assert answer.headers.get_content_type() == "text/plain" and answer.headers.get_content_charset() == "utf-8"
assert answer.headers.get("Missing") is None and answer.getheader("Missing", "none") == "none"
data = urllib.parse.urlencode({"a": 1, "b": "two"}).encode()
assert urlopen(other + "/echo", data).read() == b"POST application/x-www-form-urlencoded undefined a=1&b=two"
request = Request(other + "/echo", data=json.dumps([1]).encode(), headers={"Content-Type": "application/json", "X-Own": "5"})
assert request.get_method() == "POST" and urlopen(request).read() == b"POST application/json 5 [1]"
assert urlopen(Request(other + "/echo", method="DELETE")).read() == b"DELETE undefined undefined "
answer = urlopen(other + "/moved")
assert answer.url == other + "/echo" and answer.read().startswith(b"GET")
assert urlopen("data:text/plain,some%20text").read() == b"some text"

# What goes wrong.
error = told(urlopen, own + "/missing")
assert isinstance(error, urllib.error.HTTPError) and isinstance(error, urllib.error.URLError)
assert error.code == 404 and str(error) == "HTTP Error 404: Not Found" and b"Not found" in error.read(), error
error = told(urlopen, other + "/status?code=503")
assert error.code == error.status == 503 and error.headers.get_content_type() == "text/plain" and error.read() == b"told"
for address in ("http://127.0.0.1:1/", other + "/closed"):
    error = told(urlopen, address)
    assert type(error) is urllib.error.URLError and "Access-Control-Allow-Origin" in str(error), error
    assert isinstance(error, OSError)
error = told(urlopen, other + "/never", timeout=0.3)
assert isinstance(error, urllib.error.URLError) and isinstance(error.reason, TimeoutError), error
assert isinstance(told(urlopen, "page.html"), ValueError)
assert "unknown url type: ftp" in str(told(urlopen, "ftp://x/"))
assert isinstance(told(urlopen, other, "text"), TypeError)

# Threads that wait for an answer let others run: nobody is answered before all four have asked.
with ThreadPoolExecutor(4) as executor:
    answers = list(executor.map(lambda n: urlopen(other + "/meet?count=4").read(), range(4)))
assert sorted(answers) == [b"met 0", b"met 1", b"met 2", b"met 3"], answers
waiting = threading.Thread(target=urlopen, args=(other + "/meet?count=2&name=other",))
waiting.start()
count, end = 0, time.perf_counter() + 0.2
while time.perf_counter() < end:
    count += 1
assert waiting.is_alive() and count > 100, count
urlopen(other + "/meet?count=2&name=other")
waiting.join()
print("ok")
