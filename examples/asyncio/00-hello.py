# The entry point.
import asyncio


async def main():
    try:
        print("hello")
        await asyncio.sleep(0.5)
        print("world")
    finally:
        print("bye")  # after Ctrl-C too, and a traceback


asyncio.run(main())
