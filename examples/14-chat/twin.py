# The same chat with Python's websockets (10 or later): register, broadcast, a loop over messages. There is no room, no
# history, no bound on slow clients but the library's own, and nothing to come back to after a cut.
import asyncio
import json
from urllib.parse import parse_qs, urlsplit

import websockets

members = set()


def send(line, skip=None):
    websockets.broadcast(members - {skip}, json.dumps(line))


async def handler(socket, path=None):
    names = parse_qs(urlsplit(path or socket.path).query).get("name")
    if not names:
        await socket.close(1008, "no name")
        return
    name = names[0]
    members.add(socket)
    send({"text": f"{name} is here"}, skip=socket)
    try:
        async for text in socket:
            send({"from": name, "text": text})
    finally:
        members.remove(socket)
        send({"text": f"{name} has gone"})


async def main():
    async with websockets.serve(handler, "127.0.0.1", 8014):
        await asyncio.Future()


if __name__ == "__main__":
    asyncio.run(main())
