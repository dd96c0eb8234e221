# asyncio has no web framework: this is what uvicorn and FastAPI do inside, and what they leave to you: they
# cancel no handler whose client has gone, have no deadline, and their background tasks belong to the answer.
import asyncio
import json


async def load(what, seconds):
    done = False
    try:
        await asyncio.sleep(seconds)
        done = True
        return what
    finally:
        if not done:
            print(f"  {what} is given up")


async def user(id):
    user, orders = await asyncio.gather(load(f"user {id}", 0.01), load("orders", 0.02))
    return {"user": user, "orders": orders}


async def send_mail():
    await asyncio.sleep(0.1)
    print("  the mail is sent")


class Server:
    def __init__(self):
        self.live = set()

    async def open(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]

    def start(self, work):
        task = asyncio.create_task(work)
        self.live.add(task)
        task.add_done_callback(self.live.discard)
        return task

    async def handle(self, method, path):
        if path.startswith("/users/"):
            return await user(path.split("/")[2])
        if path == "/report":
            async with asyncio.timeout(0.1):
                return await load("report", 60)
        if path == "/export":
            return await load("export", 60)
        self.start(send_mail())
        return await load("order 1", 0.05)

    async def serve(self, reader, writer):
        method, path, _ = (await reader.readline()).decode().split()
        while (await reader.readline()).strip():
            pass
        task = self.start(self.handle(method, path))
        gone = asyncio.create_task(reader.read())  # returns when the client closes
        await asyncio.wait([task, gone], return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            gone.cancel()
            try:
                status, body = 200, json.dumps(task.result(), separators=(",", ":"))
            except TimeoutError:
                status, body = 504, ""
            head = f"HTTP/1.1 {status} x\r\ncontent-length: {len(body)}\r\n\r\n"
            writer.write((head + body).encode())
        else:
            task.cancel()
        writer.close()

    async def drain(self):
        self.server.close()
        while self.live:
            await asyncio.wait(self.live)


async def call(server, path, method="GET"):
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        writer.write(f"{method} {path} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
        status = int((await reader.readline()).split()[1])
        while (await reader.readline()).strip():
            pass
        body = (await reader.read()).decode()
        return body if status == 200 else f"status {status}"
    finally:
        writer.close()


async def main():
    server = Server()
    await server.open()

    print("two things at once")
    print(f"  {await call(server, '/users/7')}")

    print("a request that takes too long")
    print(f"  {await call(server, '/report')}")

    print("a client that goes")
    try:
        async with asyncio.timeout(0.1):
            await call(server, "/export")
    except TimeoutError:
        pass
    while server.live:
        await asyncio.sleep(0.001)

    print("a drain")
    order = asyncio.create_task(call(server, "/orders", "POST"))
    while not server.live:
        await asyncio.sleep(0.001)
    await server.drain()
    print(f"  {await order}")
    print("  all work has ended")


asyncio.run(main())
