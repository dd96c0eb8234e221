# asyncio's streams: who forgets wait_closed leaves connections behind, and a handler's failure is only logged.
import asyncio

failures = 0


async def shout(reader, writer):
    global failures
    try:
        while line := await reader.readline():
            if line == b"fail\n":
                raise RuntimeError("as asked")
            writer.write(line.upper())
            await writer.drain()
    except RuntimeError:
        failures += 1
        writer.transport.abort()
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(shout, "localhost", 0)
    port = server.sockets[0].getsockname()[1]

    async def ask(*lines):
        reader, writer = await asyncio.open_connection("localhost", port)
        try:
            for line in lines:
                writer.write(f"{line}\n".encode())
                await writer.drain()
            writer.write_eof()
            return " ".join((await reader.read()).decode().split())
        finally:
            writer.close()

    async with server:
        print(await ask("hello", "world"))
        print(*await asyncio.gather(*(ask(word) for word in "abc")))

        reader, writer = await asyncio.open_connection("localhost", port)
        answer = ""
        try:
            answer = await ask("fail")
        except ConnectionResetError:
            pass
        if not answer:  # abort() may look like an ordinary end
            print("the connection broke")
        writer.write(b"still here\n")
        print((await reader.readline()).decode().strip())
        print("failures:", failures)

        timed_out = False
        try:
            async with asyncio.timeout(0.05):
                await reader.readline()
        except TimeoutError:
            timed_out = True
        print("timed out:", "yes" if timed_out else "no")
        writer.write(b"late\n")
        print((await reader.readline()).decode().strip())
        writer.close()
        await writer.wait_closed()


if __name__ == "__main__":
    asyncio.run(main())
