import asyncio
import sqlite3
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

# Celery with Redis knows no transaction with the shop's database: this is a table of jobs.
db = sqlite3.connect(":memory:", isolation_level=None)
db.execute("create table job (id integer primary key, kind text, input text, state text, attempt int, result text)")
db.execute("create table orders (item text)")


def mail(to, attempt):
    if attempt == 1:
        raise Exception("the mail server is busy")
    return f"mail to {to}: sent by attempt {attempt}"


async def report(_, attempt):
    try:
        await asyncio.sleep(60)
    finally:
        print("report: cleaned up")


handlers = {"mail": mail, "report": report}
running = {}


def add(kind, input):
    return db.execute("insert into job values (null, ?, ?, 'ready', 0, null)", (kind, input)).lastrowid


async def perform(id, kind, input, attempt):
    state, value = "done", None
    try:
        value = handlers[kind](input, attempt)
        if asyncio.iscoroutine(value):
            coroutine, value = value, None
            value = await coroutine
    except asyncio.CancelledError:
        state = "cancelled"
    except Exception:
        state = "ready" if attempt < 3 else "dead"
        await asyncio.sleep(0.05)
    db.execute("update job set state = ?, result = ? where id = ?", (state, value, id))


async def work():
    while True:
        for id, kind, input, attempt in db.execute(
            "update job set state = 'running', attempt = attempt + 1 where state = 'ready' returning id, kind, input, attempt"
        ).fetchall():
            running[id] = asyncio.create_task(perform(id, kind, input, attempt))
        await asyncio.sleep(0.01)


async def result(id):
    while True:
        state, value = db.execute("select state, result from job where id = ?", (id,)).fetchone()
        if state == "done":
            return value
        if state == "cancelled":
            raise Exception("JobHandle.result: job N was cancelled")
        await asyncio.sleep(0.01)


async def order(item):
    db.execute("begin")
    try:
        db.execute("insert into orders values (?)", (item,))
        id = add("mail", "ada")
        if item == "nothing":
            raise Exception("no order, no mail")
        db.execute("commit")
    except BaseException:
        db.execute("rollback")
        raise
    print(await result(id))


async def shop():
    worker = asyncio.create_task(work())
    await order("pen")
    try:
        await order("nothing")
    except Exception as error:
        print(error)
    id = add("report", None)
    while id not in running:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.01)
    running[id].cancel()
    try:
        await result(id)
    except Exception as error:
        print(error)
    worker.cancel()


def nights():  # asyncio has no virtual time: only the times are computed
    day = datetime(2026, 10, 24, 3, tzinfo=ZoneInfo("Europe/Berlin"))
    for i in range(3):
        at = (day + timedelta(days=i)).astimezone(timezone.utc)
        print(f"nightly: {at:%Y-%m-%dT%H:%M:%S}.000Z")


asyncio.run(shop())
nights()
