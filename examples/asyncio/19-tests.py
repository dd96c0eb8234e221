# Tests of asynchronous code: in real time, and in the order that the event loop happens to take.
import asyncio

# The code under test. An hour is 0.2 seconds here: the test has to wait for it.


async def fetch_report(fetch):
    for delay in (0.01, 0.2, None):
        try:
            async with asyncio.timeout(0.05):
                return await fetch()
        except TimeoutError:
            if delay is None:
                raise
            await asyncio.sleep(delay)


class Account:
    balance = 0

    async def deposit(self, amount):
        before = self.balance
        await asyncio.sleep(0)  # the database takes its time
        self.balance = before + amount


# Its tests.


async def retries_a_slow_service():
    calls = 0

    async def fetch():
        nonlocal calls
        calls += 1
        if calls < 3:
            await asyncio.sleep(3600)  # no answer at all
        return "report"

    start = asyncio.get_running_loop().time()
    assert await fetch_report(fetch) == "report"
    assert asyncio.get_running_loop().time() - start > 0.3


async def deposits_twice():
    account = Account()

    async def late():
        await asyncio.sleep(0.001)
        await account.deposit(7)

    await asyncio.gather(account.deposit(50), late())
    assert account.balance == 57, f"the balance is {account.balance}"


async def report(name, test):
    try:
        await test()
        print(f"passed  {name}")
    except AssertionError as error:
        print(f"failed  {name}\n        {error}")


async def main():
    await report("a slow service is asked again an hour later", retries_a_slow_service)
    await report("two deposits, in the usual order", deposits_twice)
    # Other orders: nothing in the standard library tries them.


asyncio.run(main())
