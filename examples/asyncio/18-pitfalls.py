# Four pitfalls of asynchronous code.
import asyncio
import warnings

warnings.simplefilter("ignore")  # "coroutine was never awaited", if somebody reads it


async def save(what):
    await asyncio.sleep(0.01)
    print(f"  {what} is saved")


ticks = 0


async def tick():
    global ticks
    while True:
        ticks += 1
        await asyncio.sleep(0)


async def compute(polite):
    before = ticks
    for i in range(1000):
        if polite and i % 100 == 0:
            await asyncio.sleep(0)
    return "others went on" if ticks > before else "everybody else stood still"


async def forgetful():
    save("the record")  # never runs


def on_order(id):
    save(f"order {id}")  # never runs


async def main():
    print("a forgotten await")
    await forgetful()

    print("a computation in the way")
    ticker = asyncio.create_task(tick())
    await asyncio.sleep(0)
    print(f"  without checkpoints {await compute(False)}")
    print(f"  with checkpoints {await compute(True)}")
    ticker.cancel()

    print("a swallowed cancellation")
    async with asyncio.timeout(0.02):
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            print("  (swallowed)")
        await asyncio.sleep(0.1)
        print("  went on as if nothing had happened")

    print("a callback that cannot wait")
    on_order(1)
    on_order(2)
    print("  all orders are saved")


asyncio.run(main())
