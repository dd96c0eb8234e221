# asyncio has executors: a process pool keeps the loop free, but what was submitted cannot be stopped.
import asyncio

from concurrent.futures import ProcessPoolExecutor


def is_prime(n):
    i = 2
    while i * i <= n:
        if n % i == 0:
            return False
        i += 1
    return n > 1


def count(start, end):
    return sum(1 for n in range(start, end) if is_prime(n))


async def tick(ticks):
    while True:
        await asyncio.sleep(0.001)
        ticks.append(1)


async def main():
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(max_workers=2) as pool:
        ticks = []
        ticker = asyncio.create_task(tick(ticks))
        counts = await asyncio.gather(
            *(
                loop.run_in_executor(pool, count, start, start + 100_000)
                for start in range(0, 800_000, 100_000)
            )
        )
        print(sum(counts), "primes below 800000")
        print("meanwhile the loop", "went on" if len(ticks) > 10 else "stood still")
        ticker.cancel()

        found = 0
        for step in range(4):  # progress: only by cutting the work into pieces
            found += await loop.run_in_executor(
                pool, count, step * 50_000, (step + 1) * 50_000
            )
            print(f"  {(step + 1) * 25} %")
        print(found, "primes below 200000")

        future = pool.submit(count, 2_000_000, 2_100_000)
        timed_out = False
        try:
            await asyncio.wait_for(asyncio.wrap_future(future), 0.1)
        except TimeoutError:
            timed_out = True
        working = int(future.running())  # the block waits for it at its end
        print(f"timed out: {'yes' if timed_out else 'no'}, still at work: {working}")


if __name__ == "__main__":
    asyncio.run(main())
