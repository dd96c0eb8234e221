# Two producers, three consumers.
import asyncio
from collections import Counter

END = object()  # Queue.shutdown comes with Python 3.13


async def main():
    queue = asyncio.Queue(maxsize=2)
    handled = Counter()

    async def produce(name):
        for i in range(1, 7):
            await queue.put(f"{name}{i}")
            await asyncio.sleep(0.005)

    async def consume(name):
        while (item := await queue.get()) is not END:
            await asyncio.sleep(0.02)
            handled[item] += 1
            queue.task_done()
        print(f"{name} has nothing more to do")

    async with asyncio.TaskGroup() as group:
        for name in ("c1", "c2", "c3"):
            group.create_task(consume(name))
        async with asyncio.TaskGroup() as producers:
            producers.create_task(produce("a"))
            producers.create_task(produce("b"))
        await queue.join()
        for _ in range(3):
            await queue.put(END)
    print(f"{len(handled)} items, each of them once")


asyncio.run(main())
