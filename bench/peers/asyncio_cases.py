"""The same work on asyncio: `python3 asyncio_cases.py CASE N` prints CPU ns (or bytes) per operation."""

import asyncio
import sys
import time
import tracemalloc


async def one():
    return 1


async def spawn_join(n):
    for _ in range(n):
        await asyncio.create_task(one())


async def spawn_1000(n):
    for _ in range(0, n, 1000):
        async with asyncio.TaskGroup() as group:
            for _ in range(1000):
                group.create_task(one())


async def timeout_in_time(n):
    for _ in range(n):
        async with asyncio.timeout(1):
            await one()


async def cancel_sleepers(n):
    tasks = [asyncio.create_task(asyncio.sleep(1000)) for _ in range(n)]
    await asyncio.sleep(0.001)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def semaphore_uncontended(n):
    semaphore = asyncio.Semaphore(1)
    for _ in range(n):
        await semaphore.acquire()
        semaphore.release()


async def semaphore_contended(n):
    semaphore = asyncio.Semaphore(1)

    async def worker():
        for _ in range(n // 100):
            async with semaphore:
                await asyncio.sleep(0)

    await asyncio.gather(*(worker() for _ in range(100)))


async def queue(n, capacity):
    items = asyncio.Queue(capacity)

    async def produce():
        for i in range(n):
            await items.put(i)

    producer = asyncio.create_task(produce())
    for _ in range(n):
        await items.get()
    await producer


def queue_unbounded(n):
    return queue(n, 0)


def queue_100(n):
    return queue(n, 100)


async def sleeper_bytes(n):
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    tasks = [asyncio.create_task(asyncio.sleep(1000)) for _ in range(n)]
    await asyncio.sleep(0.01)
    after, _ = tracemalloc.get_traced_memory()
    print((after - before) / len(tasks))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def main():
    name, n = sys.argv[1], int(sys.argv[2])
    case = globals()[name]
    if name == "sleeper_bytes":
        asyncio.run(case(n))
        return
    asyncio.run(case(min(n, 20_000)))
    samples = []
    spent = 0.0
    while spent < 0.2 or len(samples) < 3:
        start = time.process_time()
        asyncio.run(case(n))
        used = time.process_time() - start
        samples.append(used / n * 1e9)
        spent += used
    samples.sort()
    print(samples[len(samples) // 2])


main()
