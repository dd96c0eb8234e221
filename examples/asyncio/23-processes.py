# asyncio has subprocesses, but a cancelled task leaves them alive: groups, kill and reaping are the caller's.
import asyncio
import os
import signal

from asyncio.subprocess import PIPE


async def execute(*argv, stdin=None):
    process = await asyncio.create_subprocess_exec(
        *argv, stdin=PIPE, stdout=PIPE, stderr=PIPE, start_new_session=True
    )
    try:
        stdout, stderr = await process.communicate(stdin)
    except asyncio.CancelledError:
        os.killpg(process.pid, signal.SIGKILL)  # no grace, no look whether they have gone
        await process.wait()
        raise
    return process.returncode, stdout.decode(), stderr.decode()


class StepFailed(Exception):
    pass


async def main():
    _, out, _ = await execute("tr", "a-z", "A-Z", stdin=b"hello\n")
    print(out.strip())

    _, out, _ = await execute("sh", "-c", r"printf 'b\na\nb\n' | sort | uniq")
    print(" ".join(out.split()))

    process = await asyncio.create_subprocess_exec(
        "sh", "-c", "for i in 1 2 3; do echo line $i; done", stdout=PIPE
    )
    async for line in process.stdout:
        print(line.decode().strip())
    print("exit code", await process.wait())

    timed_out = False
    try:
        async with asyncio.timeout(0.1):
            await execute("sh", "-c", "sleep 5 & sleep 5")
    except TimeoutError:
        timed_out = True
    print("timed out:", "yes" if timed_out else "no")

    limit = asyncio.Semaphore(2)

    async def step(command):
        async with limit:
            code, _, err = await execute("sh", "-c", command)
            if code != 0:
                raise StepFailed(f"code {code}, {err.strip()}")

    steps = ["echo compiled", "echo linted", "sleep 0.3; echo broken >&2; exit 2", "sleep 5", "sleep 5"]
    try:
        async with asyncio.TaskGroup() as group:
            for command in steps:
                group.create_task(step(command))
    except* StepFailed as failed:
        print("build failed:", failed.exceptions[0])


if __name__ == "__main__":
    asyncio.run(main())
