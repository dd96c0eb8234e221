# Items in batches.
import asyncio
from itertools import islice


def batches(items, size):  # itertools.batched comes with Python 3.12
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


async def insert(rows):
    await asyncio.sleep(0.01)  # one statement for all of them
    return len(rows)


async def main():
    rows = list(range(23))
    done = 0
    limit = asyncio.Semaphore(2)

    async def insert_batch(batch):
        nonlocal done
        async with limit:
            count = await insert(batch)
            done += count
            print(f"{100 * done // len(rows)} %")
            return count

    counts = await asyncio.gather(*map(insert_batch, batches(rows, 5)))
    print(f"{len(counts)} statements: {' + '.join(map(str, counts))} rows")


asyncio.run(main())
