# Several things at once.
import asyncio
import time


async def fetch_user(id):
    await asyncio.sleep(0.1)
    return {"name": f"user-{id}"}


async def fetch_orders(id):
    await asyncio.sleep(0.05)
    return [10 * id, 10 * id + 1]


async def main():
    start = time.monotonic()

    def seconds():
        return f"{time.monotonic() - start:.1f}"

    user, orders = await asyncio.gather(fetch_user(1), fetch_orders(1))
    print(f"{user['name']} ordered {' and '.join(map(str, orders))}")
    print(f"both at once: {seconds()} s")

    limit = asyncio.Semaphore(3)

    async def limited(id):
        async with limit:
            return await fetch_user(id)

    users = await asyncio.gather(*(limited(id) for id in range(1, 7)))
    print(" ".join(user["name"] for user in users))
    print(f"six more, three at a time: {seconds()} s")


asyncio.run(main())
