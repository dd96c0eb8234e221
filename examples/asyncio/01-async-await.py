# Plain coroutines.
import asyncio
import time
from dataclasses import dataclass


@dataclass
class User:
    id: int
    name: str


async def fetch_user(id):
    await asyncio.sleep(0.1)  # a request, say
    return User(id, f"user-{id}")


async def main():
    start = time.monotonic()
    for id in (1, 2, 3):
        user = await fetch_user(id)
        print(f"{user.id}: {user.name}")
    seconds = time.monotonic() - start
    print(f"one after the other: {seconds:.1f} s")


asyncio.run(main())
