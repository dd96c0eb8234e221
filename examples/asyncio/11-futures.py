# A callback API turned into a future.
import asyncio


def read_sensor(name, done):
    """An old-fashioned API: it calls back, now or later."""

    def answer():
        if name == "broken":
            done(OSError("no signal"), 0)
        else:
            done(None, 21.5)

    asyncio.get_running_loop().call_later(0.01, answer)


def read(name):
    future = asyncio.get_running_loop().create_future()

    def done(error, value):
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)

    read_sensor(name, done)
    return future


async def main():
    print(f"kitchen: {await read('kitchen')} degrees")
    try:
        await read("broken")
    except OSError as error:
        print(f"broken: {error}")

    # A wait that is cancelled cancels the future for everybody, unless it is shielded.
    go = asyncio.get_running_loop().create_future()

    async def watch(name):
        async with asyncio.timeout(1):
            print(f"{name}: {await asyncio.shield(go)}")

    async with asyncio.TaskGroup() as group:
        for name in ("w1", "w2"):
            group.create_task(watch(name))
        go.set_result("go")


asyncio.run(main())
