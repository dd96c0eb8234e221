# Items in batches, single loads that become one.
import asyncio
from itertools import islice


def batches(items, size):  # itertools.batched comes with Python 3.12
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


async def insert(rows):
    await asyncio.sleep(0.01)  # one statement for all of them
    return len(rows)


async def select_users(ids):
    print(f"  (select ... where id in ({', '.join(map(str, ids))}))")
    await asyncio.sleep(0.01)
    return [f"user-{id}" for id in ids]


class Batcher:  # none in asyncio; a load that fails or is cancelled needs more than this
    def __init__(self, load_many):
        self.load_many = load_many
        self.waiting = {}

    async def load(self, key):
        if not self.waiting:
            self.task = asyncio.create_task(self.run())
        future = self.waiting.setdefault(key, asyncio.get_running_loop().create_future())
        return await asyncio.shield(future)

    async def run(self):
        await asyncio.sleep(0)
        waiting, self.waiting = self.waiting, {}
        for future, value in zip(waiting.values(), await self.load_many(list(waiting))):
            future.set_result(value)


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

    users = Batcher(select_users)

    async def page(id):
        return f"<h1>{await users.load(id)}</h1>"

    print(*await asyncio.gather(page(1), page(2), page(1)))


asyncio.run(main())
