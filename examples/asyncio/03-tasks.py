# Background tasks.
import asyncio


async def download(file, seconds):
    try:
        await asyncio.sleep(seconds)
        return f"{file} is here"
    finally:
        print(f"  ({file}: connection closed)")


def status(task):
    return "cancelled" if task.cancelled() else "done" if task.done() else "running"


async def main():
    async with asyncio.TaskGroup() as group:
        small = group.create_task(download("small", 0.05), name="small")
        huge = group.create_task(download("huge", 60), name="huge")

        print("other work meanwhile")
        await asyncio.sleep(0.01)
        print(f"{small.get_name()} is {status(small)}, {huge.get_name()} is {status(huge)}")

        print(await small)
        huge.cancel("nobody needs it")
        try:
            print(await huge)
        except asyncio.CancelledError:  # or was it this task that was cancelled?
            print(f"{huge.get_name()} is {status(huge)}")


asyncio.run(main())
