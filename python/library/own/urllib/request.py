"""urlopen by the browser: it blocks its thread, and no other one, until all of the answer has come. The browser's rules hold:
addresses of the page's own server (they may begin with "/"), and of others that allow it by CORS headers."""
import io
import _gilscope_io
from .error import ContentTooShortError, HTTPError, URLError
from .parse import quote, unquote, urlsplit

__all__ = ['Request', 'urlopen', 'urlretrieve', 'quote', 'unquote', 'URLError', 'HTTPError', 'ContentTooShortError']

_SCHEMES = ('', 'http', 'https', 'data', 'blob')


class Headers:
    """The headers of an answer, by names in capital or small letters."""

    def __init__(self, items):
        self._items = list(items)

    def items(self):
        return list(self._items)

    def keys(self):
        return [name for name, _ in self._items]

    def values(self):
        return [value for _, value in self._items]

    def get_all(self, name, failobj=None):
        return [value for key, value in self._items if key.lower() == name.lower()] or failobj

    def get(self, name, failobj=None):
        return self.get_all(name, [failobj])[0]

    __getitem__ = get

    def __contains__(self, name):
        return self.get_all(name) is not None

    def __iter__(self):
        return iter(self.keys())

    def __len__(self):
        return len(self._items)

    def get_content_type(self):
        return (self.get('Content-Type') or 'text/plain').partition(';')[0].strip().lower()

    def get_param(self, name, failobj=None, header='Content-Type'):
        for part in (self.get(header) or '').split(';')[1:]:
            key, _, value = part.strip().partition('=')
            if key.lower() == name:
                return value.strip('"')
        return failobj

    def get_content_charset(self, failobj=None):
        charset = self.get_param('charset')
        return failobj if charset is None else charset.lower()

    def __str__(self):
        return ''.join(f'{name}: {value}\n' for name, value in self._items) + '\n'


class Response(io.BytesIO):
    """An answer."""

    def __init__(self, url, status, reason, headers, body):
        super().__init__(body)
        self.url, self.status, self.reason, self.headers = url, status, reason, headers
        self.code, self.msg, self.length = status, reason, len(body)

    def info(self):
        return self.headers

    def getcode(self):
        return self.status

    def geturl(self):
        return self.url

    def getheader(self, name, default=None):
        return self.headers.get(name, default)

    def getheaders(self):
        return self.headers.items()


class Request:
    def __init__(self, url, data=None, headers={}, origin_req_host=None, unverifiable=False, method=None):
        self.full_url = url
        self.data = data
        self.headers = {}
        self.unredirected_hdrs = {}
        for name, value in headers.items():
            self.add_header(name, value)
        if method:
            self.method = method

    @property
    def type(self):
        return urlsplit(self.full_url).scheme

    @property
    def host(self):
        return urlsplit(self.full_url).netloc

    @property
    def selector(self):
        parts = urlsplit(self.full_url)
        return (parts.path or '/') + ('?' + parts.query if parts.query else '')

    def get_method(self):
        return getattr(self, 'method', 'POST' if self.data is not None else 'GET')

    def get_full_url(self):
        return self.full_url

    def add_header(self, key, val):
        self.headers[key.capitalize()] = val

    add_unredirected_header = add_header

    def has_header(self, header_name):
        return header_name in self.headers

    def get_header(self, header_name, default=None):
        return self.headers.get(header_name, default)

    def remove_header(self, header_name):
        self.headers.pop(header_name, None)

    def header_items(self):
        return list(self.headers.items())


def _body(request):
    data = request.data
    if data is None or isinstance(data, bytes):
        return data
    if isinstance(data, str):
        raise TypeError('POST data should be bytes, an iterable of bytes, or a file object. It cannot be of type str.')
    if hasattr(data, 'read'):
        data = data.read()
    return bytes(data) if isinstance(data, (bytearray, memoryview)) else b''.join(data)


def urlopen(url, data=None, timeout=None, *, context=None):
    """Fetches the address; returns the answer, which is a file of bytes with status, headers and url."""
    request = Request(url) if isinstance(url, str) else url
    if data is not None:
        request.data = data
    address = request.full_url.strip()
    scheme = urlsplit(address).scheme.lower()
    if not scheme and not address.startswith('/'):
        raise ValueError('unknown url type: %r' % request.full_url)
    if scheme not in _SCHEMES:
        raise URLError('unknown url type: %s; a page fetches http, https and data' % scheme)
    body = _body(request)
    headers = [word for name, value in request.headers.items() for word in (name, str(value))]
    if body is not None and not request.has_header('Content-type'):
        headers += ['Content-type', 'application/x-www-form-urlencoded']
    if timeout is not None and timeout <= 0:
        raise ValueError('Timeout value out of range')
    milliseconds = None if timeout is None else max(1, round(timeout * 1000))
    answer = _gilscope_io.fetch(request.get_method(), address, headers, body, milliseconds)
    if len(answer) == 2:
        name, words = answer
        if name == 'TimeoutError':
            raise URLError(TimeoutError('timed out'))
        if name == 'TypeError':
            words = ('the browser did not get it, and does not say why: the server is not there, or refuses, or is another '
                     "one than the page's and does not allow it by the header Access-Control-Allow-Origin")
        raise URLError(f'{address}: {words}')
    status, reason, final, headers, content = answer
    told = Headers(headers)
    reason = reason or _REASONS.get(status, '')
    response = Response(final or address, status, reason, told, content)
    if not 200 <= status < 300:
        raise HTTPError(final or address, status, reason, told, response)
    return response


# HTTP/2 and later send none.
_REASONS = {
    200: 'OK', 201: 'Created', 202: 'Accepted', 204: 'No Content', 206: 'Partial Content', 304: 'Not Modified',
    400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 405: 'Method Not Allowed',
    409: 'Conflict', 410: 'Gone', 418: "I'm a Teapot", 422: 'Unprocessable Content', 429: 'Too Many Requests',
    500: 'Internal Server Error', 501: 'Not Implemented', 502: 'Bad Gateway', 503: 'Service Unavailable',
    504: 'Gateway Timeout',
}


def urlretrieve(url, filename=None, reporthook=None, data=None):
    raise OSError(38, 'there are no files in a page; urlopen(url).read() has the bytes')
