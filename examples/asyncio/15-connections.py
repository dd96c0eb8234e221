# 50 requests over 5 connections. asyncio has no HTTP client: this is what aiohttp does inside.
import asyncio

connections = 0


async def serve(reader, writer):
    global connections
    connections += 1
    while (request := await reader.readline()).strip():
        while (await reader.readline()).strip():
            pass
        await asyncio.sleep(0.005)
        body = b"answer " + request.split()[1]
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
    writer.close()


class Session:
    def __init__(self, port, limit):
        self.port = port
        self.limit = asyncio.Semaphore(limit)
        self.idle = []

    async def get(self, path):
        async with self.limit:
            if self.idle:
                reader, writer = self.idle.pop()
            else:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.write(b"GET %s HTTP/1.1\r\nhost: localhost\r\n\r\n" % path.encode())
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split()[0])
            body = await reader.readexactly(length)
            self.idle.append((reader, writer))  # after a failure or a timeout, it is not
            return body.decode()

    async def close(self):
        for _, writer in self.idle:
            writer.close()
            await writer.wait_closed()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    session = Session(port, 5)
    answers = await asyncio.gather(*(session.get(f"/{i}") for i in range(50)))
    print(f"{len(answers)} answers, the last one: {answers[-1]}")
    print(f"connections: {connections}")
    await session.close()
    server.close()
    await server.wait_closed()


asyncio.run(main())
