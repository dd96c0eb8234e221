# The same two services with Python's aiohttp (3.9 or later), in one process. The deadline goes along because each hop writes
# it down and reads it; a client that goes cancels a handler only where the server is told so.
import asyncio
import time

import aiohttp
from aiohttp import web

HEADER = "request-timeout-ms"


@web.middleware
async def limited(request, handler):
    left = int(request.headers.get(HEADER, 10_000)) / 1000
    request["until"] = time.monotonic() + left
    try:
        async with asyncio.timeout(left):
            return await handler(request)
    except TimeoutError:
        return web.Response(status=504)


async def stock(request):
    sku = request.match_info["sku"]
    left = round((request["until"] - time.monotonic()) * 1000)
    print(f"  inventory: looks for {sku}, {left} ms left")
    done = False
    try:
        await asyncio.sleep(60 if sku == "rare" else 0.02)
        done = True
        return web.json_response({"sku": sku, "count": 3})
    finally:
        if not done:
            print(f"  inventory: gave up {sku}")


def orders(session, inventory):
    async def order(request):
        await asyncio.sleep(0.1)
        left = round((request["until"] - time.monotonic()) * 1000)
        url = f"{inventory}/stock/{request.match_info['sku']}"
        async with session.get(url, headers={HEADER: str(left)}) as response:
            if response.status != 200:
                return web.Response(status=502)
            return web.json_response({"ordered": await response.json()})

    return order


async def serve(method, path, handler):
    app = web.Application(middlewares=[limited])
    app.router.add_route(method, path, handler)
    runner = web.AppRunner(app, handler_cancellation=True)  # off by default
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return runner, f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"


async def main():
    async with aiohttp.ClientSession() as session:
        second, inventory = await serve("GET", "/stock/{sku}", stock)
        first, url = await serve("POST", "/orders/{sku}", orders(session, inventory))

        async def order(sku, ms):
            async with session.post(f"{url}/orders/{sku}", headers={HEADER: str(ms)}) as response:
                return f"{response.status} {await response.text()}"

        print("an order, with 5 s")
        print(f"  {await order('book', 5000)}")
        print("a client that goes after half a second")
        try:
            async with asyncio.timeout(0.5):
                await order("rare", 500)
        except TimeoutError:
            pass
        await asyncio.sleep(0.2)  # there is nothing to wait for that says when the work has ended
        print("another client says that it has one second, and waits")
        print(f"  {(await order('rare', 1000)).strip()}")
        await first.cleanup()
        await second.cleanup()


asyncio.run(main())
