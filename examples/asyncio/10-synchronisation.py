# Across an await somebody else may have run.
import asyncio
from contextlib import nullcontext


async def lost_update(with_lock):
    balance = 0
    lock = asyncio.Lock() if with_lock else nullcontext()

    async def deposit():
        nonlocal balance
        async with lock:
            before = balance  # read ...
            await asyncio.sleep(0.001)  # ... ask somebody ...
            balance = before + 1  # ... write: too late

    await asyncio.gather(*(deposit() for _ in range(10)))
    return balance


async def main():
    print(f"10 deposits without a lock: {await lost_update(False)}")
    print(f"10 deposits with a lock: {await lost_update(True)}")

    opened = asyncio.Event()
    condition = asyncio.Condition()
    barrier = asyncio.Barrier(2)
    stock = 0

    async def visit(guest):
        nonlocal stock
        await opened.wait()
        print(f"{guest} comes in")
        async with condition:
            await condition.wait_for(lambda: stock > 0)
            stock -= 1
            print(f"{guest} takes one, {stock} left")

    async def race(runner):
        await asyncio.sleep(0.01 if runner == "r1" else 0.02)
        await barrier.wait()
        if runner == "r2":
            print("both runners are at the start")

    async with asyncio.TaskGroup() as group:
        for guest in ("Ann", "Bob"):
            group.create_task(visit(guest))
        for runner in ("r1", "r2"):
            group.create_task(race(runner))
        await asyncio.sleep(0.005)
        opened.set()
        await asyncio.sleep(0.05)
        async with condition:
            stock = 2
            condition.notify_all()


asyncio.run(main())
