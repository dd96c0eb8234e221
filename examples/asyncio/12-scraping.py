import asyncio
import re
import sqlite3
from urllib.parse import urlparse

try:
    import aiohttp
except ImportError:  # what of it is needed here, on asyncio's own streams

    class Response:
        def __init__(self, status, body):
            self.status = status
            self.body = body

        async def text(self):
            return self.body

    class Session:
        async def __aenter__(self):
            return self

        async def __aexit__(self, *_):
            pass

        async def request(self, url):
            to = urlparse(url)
            reader, writer = await asyncio.open_connection(to.hostname, to.port)
            try:
                writer.write(f"GET {to.path} HTTP/1.0\r\n\r\n".encode())
                head, body = (await reader.read()).decode().split("\r\n\r\n", 1)
                return Response(int(head.split()[1]), body)
            finally:
                writer.close()

        def get(self, url):
            return Request(self, url)

    class Request:
        def __init__(self, session, url):
            self.session = session
            self.url = url

        async def __aenter__(self):
            return await self.session.request(self.url)

        async def __aexit__(self, *_):
            pass

    class aiohttp:
        ClientSession = Session


products = ["Pen", "Ink", "Cup", "Lamp", "Desk", "Chair"]
failed = False


async def shop(reader, writer):
    global failed
    number = int((await reader.readline()).split()[1][1:])
    while (await reader.readline()).strip():
        pass
    status, body = "200 OK", ""
    if number == 0:
        body = "".join(f'<a href="/{i + 1}">{name}</a>' for i, name in enumerate(products))
    elif number == 2 and not failed:
        failed = True
        status = "503 Service Unavailable"
    elif number == 4:
        await reader.read()  # until the client gives up
    else:
        body = f"<h1>{products[number - 1]}</h1><b>{number * 10} EUR</b>"
    writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode())
    writer.close()


async def read(session, url):
    async with session.get(url) as response:
        if response.status != 200:
            raise Exception(f"status {response.status}")
        return await response.text()


async def retry(attempts, read, path):
    for attempt in range(attempts):
        try:
            return await read()
        except Exception as error:
            if attempt == attempts - 1:
                raise
            print(f"{path}: {error}, once more")
            await asyncio.sleep(0.01 * 2**attempt)


async def product(session, url):
    path = urlparse(url).path
    try:
        async with asyncio.timeout(2):
            page = await retry(3, lambda: read(session, url), path)
    except TimeoutError:
        print(f"{path}: no answer in time")
        return None
    name, price = re.search(r"<h1>(.*?)</h1><b>(\d+)", page).groups()
    return name, int(price)


async def scrape(base, db):
    db.execute("create table product (name text primary key, price integer)")
    limit = asyncio.Semaphore(3)

    async def store(url):
        async with limit:
            found = await product(session, url)
        if found is not None:
            db.execute("insert into product values (?, ?)", found)  # it stops everything else

    async with aiohttp.ClientSession() as session:
        urls = [base + to for to in re.findall(r'href="([^"]+)"', await read(session, f"{base}/0"))]
        async with asyncio.TaskGroup() as group:
            for url in urls:
                group.create_task(store(url))
    for name, price in db.execute("select * from product order by price desc"):
        print(f"{name}: {price} EUR")


async def main():
    server = await asyncio.start_server(shop, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    await scrape(f"http://127.0.0.1:{port}", sqlite3.connect(":memory:", isolation_level=None))
    server.close()


asyncio.run(main())
