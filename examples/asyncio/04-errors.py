# Failures.
import asyncio


async def process(item):
    await asyncio.sleep(0.01 * item)
    if item % 2 == 0:
        raise ValueError(f"item {item} is even")
    return item * item


async def clean_up_badly():
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        raise ValueError("the cleanup failed too") from None


async def main():
    print("all of them, whatever happens")
    results = await asyncio.gather(process(1), process(2), process(3), return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            print(f"  failed: {result}")
        else:
            print(f"  {result}")

    print("all or nothing")
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(process(2))
            group.create_task(clean_up_badly())
    except* ValueError as errors:
        first, *later = errors.exceptions
        print(f"  failed: {first}")
        for error in later:
            print(f"  and then: {error}")

    print("each for itself")

    async def alone(item):
        try:
            print(f"  {await process(item)}")
        except ValueError as error:
            print(f"  failed: {error}")

    async with asyncio.TaskGroup() as group:
        for item in (1, 2, 3):
            group.create_task(alone(item))


asyncio.run(main())
