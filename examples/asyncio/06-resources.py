# Opened and always closed.
import asyncio
from contextlib import asynccontextmanager


class Connection:
    async def query(self, sql):
        await asyncio.sleep(60 if "slow" in sql else 0.01)
        return f"result of {sql}"

    async def close(self):
        await asyncio.sleep(0.02)  # says goodbye to the server
        print("  (closed)")


@asynccontextmanager
async def connect():
    await asyncio.sleep(0.01)
    connection = Connection()
    try:
        yield connection
    finally:
        await connection.close()  # a second cancellation interrupts it


async def ask(sql):
    async with connect() as connection:
        return await connection.query(sql)


async def main():
    print(await ask("select 1"))
    try:
        async with asyncio.timeout(0.1):
            await ask("a slow one")
    except TimeoutError:
        print("timed out after 100 ms")


asyncio.run(main())
