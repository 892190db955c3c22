"""Clients of Python: `python_clients.py CLIENT CASE URL ...`, where CASE is

- `upload TIMES MODE [HOST]`: sends 8 MiB, with a length or in chunks, and prints the statuses or errors;
- `lines BODY`: prints how many lines a stream has.
"""

import asyncio
import http.client
import sys
import urllib.error
import urllib.parse
import urllib.request

PART = b"x" * 65536
PARTS = 128
TIMEOUT = 5


def parts():
    for _ in range(PARTS):
        yield PART


async def async_parts():
    for part in parts():
        yield part


def headers_of(host):
    return {"Host": host} if host else {}


def body_of(mode):
    return PART * PARTS if mode == "length" else parts()


class Urllib:
    @staticmethod
    def upload(url, mode, headers):
        request = urllib.request.Request(url, body_of(mode), headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
                return response.status
        except urllib.error.HTTPError as error:
            error.read()
            return error.code

    @staticmethod
    def lines(url, body):
        request = urllib.request.Request(url, body, method="POST")
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
            return sum(1 for _ in response)


class HttpClient:
    @staticmethod
    def _send(url, body, headers, **more):
        address = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(address.netloc, timeout=TIMEOUT)
        connection.request("POST", address.path, body, headers, **more)
        return connection.getresponse()

    @classmethod
    def upload(cls, url, mode, headers):
        if mode == "length":
            response = cls._send(url, body_of(mode), headers)
        else:
            headers = {**headers, "Transfer-Encoding": "chunked"}
            response = cls._send(url, body_of(mode), headers, encode_chunked=True)
        response.read()
        return response.status

    @classmethod
    def lines(cls, url, body):
        response = cls._send(url, body, {})
        return len(response.read().decode().splitlines())


class Requests:
    @staticmethod
    def upload(url, mode, headers):
        import requests

        return requests.post(url, data=body_of(mode), headers=headers, timeout=TIMEOUT).status_code

    @staticmethod
    def lines(url, body):
        import requests

        with requests.post(url, data=body, stream=True, timeout=TIMEOUT) as response:
            response.encoding = "utf-8"
            return len(list(response.iter_lines(decode_unicode=True)))


class Httpx:
    @staticmethod
    def upload(url, mode, headers):
        import httpx

        return httpx.post(url, content=body_of(mode), headers=headers, timeout=TIMEOUT).status_code

    @staticmethod
    def lines(url, body):
        import httpx

        with httpx.stream("POST", url, content=body, timeout=TIMEOUT) as response:
            return len(list(response.iter_lines()))


class Aiohttp:
    @staticmethod
    def upload(url, mode, headers):
        import aiohttp

        async def send():
            body = PART * PARTS if mode == "length" else async_parts()
            async with aiohttp.ClientSession() as session:
                async with session.post(url, data=body, headers=headers) as response:
                    await response.read()
                    return response.status

        return asyncio.run(asyncio.wait_for(send(), TIMEOUT))

    @staticmethod
    def lines(url, body):
        import aiohttp

        async def send():
            async with aiohttp.ClientSession() as session:
                async with session.post(url, data=body) as response:
                    return len((await response.text()).splitlines())

        return asyncio.run(asyncio.wait_for(send(), TIMEOUT))


CLIENTS = {
    "urllib": Urllib,
    "http.client": HttpClient,
    "requests": Requests,
    "httpx": Httpx,
    "aiohttp": Aiohttp,
}


def attempt(client, *args):
    try:
        return client.upload(*args)
    except Exception as error:
        return type(error).__name__


def main():
    client, case, url, *rest = sys.argv[1:]
    client = CLIENTS[client]
    if case == "lines":
        print(client.lines(url, rest[0].encode()))
        return
    times, mode, host = int(rest[0]), rest[1], rest[2] if rest[2:] else ""
    print(*(attempt(client, url, mode, headers_of(host)) for _ in range(times)))


main()
