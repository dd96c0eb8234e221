# An end in time.
import asyncio


async def query(seconds):
    try:
        await asyncio.sleep(seconds)
        return "rows"
    finally:
        if seconds > 1:
            print("  (query cancelled on the server)")


async def main():
    async with asyncio.timeout(0.2):
        print(await query(0.01))

    try:
        async with asyncio.timeout(0.2):
            await query(60)
    except TimeoutError:  # which has no message
        print("timed out after 200 ms")

    try:
        async with asyncio.timeout(0.1):
            print(await query(60))
    except TimeoutError:
        print("from the cache")

    # Nobody can be asked for the earliest deadline around: it has to be passed on.
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(30) as outer:
        async with asyncio.timeout(60) as inner:
            deadline = min(outer.when(), inner.when())
            print(f"{deadline - loop.time():.0f} s left")


asyncio.run(main())
