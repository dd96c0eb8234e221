# Limits.
import asyncio
import time
from collections import defaultdict, deque


class Gauge:
    now = 0
    most = 0

    async def during(self, work):
        self.now += 1
        self.most = max(self.most, self.now)
        await work()
        self.now -= 1


class RateLimiter:  # none in asyncio
    def __init__(self, limit, interval):
        self.interval = interval
        self.taken = deque(maxlen=limit)
        self.lock = asyncio.Lock()

    async def acquire(self):
        async with self.lock:
            if len(self.taken) == self.taken.maxlen:
                free = self.taken[0] + self.interval
                await asyncio.sleep(max(0, free - time.monotonic()))
            self.taken.append(time.monotonic())


async def work():
    await asyncio.sleep(0.01)


async def main():
    semaphore = asyncio.Semaphore(3)
    gauge = Gauge()

    async def limited(semaphore, gauge):
        async with semaphore:
            await gauge.during(work)

    await asyncio.gather(*(limited(semaphore, gauge) for _ in range(20)))
    print(f"20 calls, at most {gauge.most} at a time")

    per_host = defaultdict(lambda: asyncio.Semaphore(2))  # which grows for ever
    gauges = {"a.org": Gauge(), "b.org": Gauge()}

    async def call(i):
        host = "a.org" if i % 4 == 0 else "b.org"
        await limited(per_host[host], gauges[host])

    await asyncio.gather(*(call(i) for i in range(20)))
    for host, gauge in gauges.items():
        print(f"{host}: at most {gauge.most}")

    limiter = RateLimiter(5, 0.1)
    start = time.monotonic()
    await asyncio.gather(*(limiter.acquire() for _ in range(20)))
    print(f"20 calls, 5 in 100 ms: {time.monotonic() - start:.1f} s")


asyncio.run(main())
