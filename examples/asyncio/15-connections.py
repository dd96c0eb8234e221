# asyncio has neither a pool nor an HTTP client: this is what asyncpg and aiohttp do inside.
import asyncio

from contextlib import asynccontextmanager

opened = 0
connections = 0


class Connection:
    def __init__(self):
        global opened
        opened += 1
        self.id = opened

    async def query(self, sql):
        await asyncio.sleep(0.005)
        return f"{sql} by connection {self.id}"

    async def close(self):
        print("  (a connection closed)")


async def connect():
    await asyncio.sleep(0.02)
    return Connection()


class Pool:
    def __init__(self, create, max):
        self.create = create
        self.limit = asyncio.Semaphore(max)
        self.idle = []

    @asynccontextmanager
    async def borrow(self):
        async with self.limit:
            connection = self.idle.pop() if self.idle else await self.create()
            try:
                yield connection
            finally:
                self.idle.append(connection)  # even if the query was cut in the middle

    async def drain(self):
        for connection in self.idle:
            await connection.close()


async def queries():
    pool = Pool(connect, 2)

    async def query(sql):
        async with pool.borrow() as connection:
            return await connection.query(sql)

    results = await asyncio.gather(*(query(f"query {i}") for i in range(50)))
    print(f"{len(results)} results, opened {opened}")
    await pool.drain()


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


async def requests():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    session = Session(port, 5)
    answers = await asyncio.gather(*(session.get(f"/{i}") for i in range(50)))
    print(f"{len(answers)} answers, the last one: {answers[-1]}")
    print(f"connections: {connections}")
    await session.close()
    server.close()
    await server.wait_closed()


async def main():
    await queries()
    await requests()


asyncio.run(main())
