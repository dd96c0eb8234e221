# asyncio has no files: threads do it, a cancelled one writes on, and replacing, watching and locking are the caller's.
import asyncio
import fcntl
import os
import tempfile
from pathlib import Path


def write_atomic(path, text):
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(file.name, path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def try_lock(path):
    fd = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return fd
    except BlockingIOError:
        os.close(fd)
        return None


async def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        await asyncio.to_thread(write_atomic, folder / "notes", "one\ntwo\n")
        print(*(await asyncio.to_thread((folder / "notes").read_text)).split())

        (folder / "a" / "b").mkdir(parents=True)
        await asyncio.to_thread(write_atomic, folder / "a" / "b" / "deep", "")
        found = [(p.name, "folder" if p.is_dir() else "file") for p in folder.rglob("*")]
        print(", ".join(f"{name} {kind}" for name, kind in sorted(found)))

        writing = asyncio.create_task(asyncio.to_thread(write_atomic, folder / "a" / "new", "x"))
        while not (folder / "a" / "new").exists():  # looks again and again
            await asyncio.sleep(0.01)
        await writing
        print("seen")

        fd = try_lock(folder / "lock")
        print("a second one:", "no" if try_lock(folder / "lock") is None else "yes")
        os.close(fd)
        fd = try_lock(folder / "lock")
        print("afterwards:", "no" if fd is None else "yes")
        os.close(fd)


if __name__ == "__main__":
    asyncio.run(main())
