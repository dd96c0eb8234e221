# talk.py <websockets|autobahn> <client|server> <url>: what talk.js does, with the libraries of Python; or a server that echoes.
import asyncio
import json
import sys
from urllib.parse import urlsplit

library, role, url = sys.argv[1:]


class Lost(Exception):
    """The connection has ended."""

    def __init__(self, code):
        self.code = code


if library == "websockets":
    import websockets

    class Connection:
        async def open(self, url, protocols):
            self.socket = await websockets.connect(url, subprotocols=protocols or None)
            return self

        async def send(self, message):
            await self.socket.send(message)

        async def next(self):
            try:
                return await self.socket.recv()
            except websockets.ConnectionClosed as closed:
                raise Lost(closed.code)

        async def close(self):
            await self.socket.close(1000)
            return self.socket.close_code

    async def serve(host, port):
        async def echo(socket, *_):
            async for message in socket:
                await socket.send(message)

        await websockets.serve(echo, host, port)

else:
    from autobahn.asyncio.websocket import (
        WebSocketClientFactory,
        WebSocketClientProtocol,
        WebSocketServerFactory,
        WebSocketServerProtocol,
    )

    class Connection(WebSocketClientProtocol):
        async def open(self, url, protocols):
            self.came = asyncio.Queue()
            self.opened = asyncio.Event()
            factory = WebSocketClientFactory(url, protocols=protocols)
            factory.protocol = lambda: self
            parts = urlsplit(url)
            loop = asyncio.get_running_loop()
            await loop.create_connection(factory, parts.hostname, parts.port)
            await self.opened.wait()
            return self

        def onOpen(self):
            self.opened.set()

        def onMessage(self, payload, isBinary):
            self.came.put_nowait(payload if isBinary else payload.decode())

        def onClose(self, wasClean, code, reason):
            self.came.put_nowait(Lost(code))

        async def send(self, message):
            binary = isinstance(message, bytes)
            self.sendMessage(message if binary else message.encode(), binary)

        async def next(self):
            message = await self.came.get()
            if isinstance(message, Lost):
                raise message
            return message

        async def close(self):
            self.sendClose(1000)
            try:
                await self.next()
            except Lost as lost:
                return lost.code

    class Echo(WebSocketServerProtocol):
        def onMessage(self, payload, isBinary):
            self.sendMessage(payload, isBinary)

    async def serve(host, port):
        factory = WebSocketServerFactory(f"ws://{host}:{port}")
        factory.protocol = Echo
        await asyncio.get_running_loop().create_server(factory, host, port)


async def echoes():
    connection = await Connection().open(f"{url}/echo", [])
    right = 0
    messages = ["ü€𝄞", "", "x" * 100_000, bytes(i & 255 for i in range(70_000))]
    for message in messages:
        await connection.send(message)
        right += await connection.next() == message
    return f"echoes {right} of 4, closed {await connection.close()}"


async def say(connection, **envelope):
    await connection.send(json.dumps(envelope))


async def take(connection, op):
    envelope = json.loads(await connection.next())
    if envelope["op"] != op:
        raise Exception(f"{envelope['op']} in place of {op}")
    return envelope


async def enter(rooms):
    connection = await Connection().open(f"{url}/chat", ["corral.v1"])
    await say(connection, op="hello", client="somebody", rooms=rooms)
    await take(connection, "welcome")
    return connection, await take(connection, "subscribed")


async def recovers():
    first, _ = await enter({})
    await say(first, op="message", data="hello")
    heard = await take(first, "message")
    await say(first, op="message", data="cut")
    code = None
    try:
        while True:
            await first.next()
    except Lost as lost:
        code = lost.code
    again, subscribed = await enter({"chat": {heard["epoch"]: heard["offset"]}})
    missed = [(await take(again, "message"))["data"] for _ in range(3)]
    await again.close()
    recovered = "true" if subscribed["recovered"] else "false"
    return f"heard {heard['data']}, cut off {code}, recovered {recovered}: {' '.join(missed)}"


async def main():
    if role == "client":
        print(f"{await echoes()}; {await recovers()}")
        return
    parts = urlsplit(url)
    await serve(parts.hostname, parts.port)
    await asyncio.sleep(3600)


asyncio.run(main())
