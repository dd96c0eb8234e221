# Runs a command by trio or anyio, and cancels it when a line comes.
import subprocess
import sys

library, script = sys.argv[1:]


async def main_trio():
    import trio

    async with trio.open_nursery() as nursery:
        nursery.start_soon(lambda: trio.run_process(["sh", "-c", script], capture_stdout=True))
        await trio.to_thread.run_sync(sys.stdin.readline)
        nursery.cancel_scope.cancel()


async def main_anyio():
    import anyio

    async with anyio.create_task_group() as group:
        group.start_soon(anyio.run_process, ["sh", "-c", script])
        await anyio.to_thread.run_sync(sys.stdin.readline)
        group.cancel_scope.cancel()


if library == "trio":
    import trio

    trio.run(main_trio)
else:
    import anyio

    anyio.run(main_anyio)
