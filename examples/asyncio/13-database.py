# asyncio has no database client: this is SQLite in a thread, which a timeout does not stop.
import asyncio
import sqlite3

at_work = 0


class Database:
    def __init__(self):
        self.connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self.lock = asyncio.Lock()

    async def query(self, sql, *values):
        def work():
            global at_work
            at_work += 1
            try:
                return self.connection.execute(sql, values).fetchall()
            finally:
                at_work -= 1

        async with self.lock:
            return await asyncio.to_thread(work)

    async def value(self, sql, *values):
        return (await self.query(sql, *values))[0][0]


async def prepare(db):
    await db.query("create table users (id int, name text, balance int)")
    await db.query("create table orders (user_id int, item text)")
    await db.query("insert into users values (1, 'Ada', 100), (2, 'Bob', 100)")
    await db.query("insert into orders values (1, 'pen'), (1, 'ink'), (2, 'cup')")


async def page(db, id):
    async with asyncio.TaskGroup() as group:
        name = group.create_task(db.value("select name from users where id = ?", id))
        orders = group.create_task(db.query("select item from orders where user_id = ?", id))
        balance = group.create_task(db.value("select balance from users where id = ?", id))
    items = ", ".join(item for (item,) in orders.result())
    print(f"{name.result()} has {balance.result()} and ordered {items}")


async def transfer(db, amount):
    await db.query("begin")
    try:
        await db.query("update users set balance = balance + ? where id = 2", amount)
        await db.query("update users set balance = balance - ? where id = 1", amount)
        if await db.value("select balance from users where id = 1") < 0:
            raise Exception("not enough")
        await db.query("commit")
    except BaseException:
        await db.query("rollback")
        raise


async def too_slow(db):
    slow = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n"
    timed_out = "no"
    try:
        async with asyncio.timeout(0.1):
            await db.query(slow)
    except TimeoutError:
        timed_out = "yes"
    print(f"timed out: {timed_out}, still at work: {at_work}")
    db.connection.interrupt()


async def main():
    db = Database()
    await prepare(db)
    await page(db, 1)
    await transfer(db, 30)
    try:
        await transfer(db, 1000)
    except Exception as error:
        print(error)
    await page(db, 1)
    await too_slow(db)


asyncio.run(main())
