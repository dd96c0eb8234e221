# An API that answers in pages.
import asyncio
from contextlib import aclosing


async def fetch_page(page):
    await asyncio.sleep(0.02)  # a request, say
    print(f"  (page {page})")
    items = [10 * page + i for i in (1, 2, 3)]
    return items, page + 1 if page < 4 else None


async def read_all():
    try:
        page = 1
        while page is not None:
            items, page = await fetch_page(page)
            for item in items:
                yield item
    finally:
        print("  (closed)")


async def countdown(n):
    while n > 0:
        await asyncio.sleep(0.01)
        yield n
        n -= 1


async def main():
    print("left early")
    async with aclosing(read_all()) as items:  # without it, closed some time later
        async for item in items:
            if item > 20:
                break

    print("in batches")
    batch = []
    async with aclosing(read_all()) as items:
        async for item in items:
            batch.append(item)
            if len(batch) == 5:
                print(*batch)
                batch = []
    if batch:
        print(*batch)

    print("two at a time")
    limit = asyncio.Semaphore(2)

    async def double(item):
        try:
            await asyncio.sleep(0.01)
            return 2 * item
        finally:
            limit.release()

    tasks = []
    async with asyncio.TaskGroup() as group, aclosing(read_all()) as items:
        async for item in items:
            await limit.acquire()
            tasks.append(group.create_task(double(item)))
    print(*(task.result() for task in tasks))

    print("counting down")
    async for n in countdown(3):
        print(n)


asyncio.run(main())
