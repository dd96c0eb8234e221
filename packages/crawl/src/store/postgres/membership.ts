import { hostname } from 'node:os'
import { sql, type Transaction } from '@corral/db'
import { now } from 'corral'
import { StoreError } from '../store-error.ts'

/** Milliseconds after which one that does not say that it lives counts as dead. */
const lease = 8000
/** How much sooner it believes that itself: a request takes a while to be on its way. */
const margin = 1500

/** One program among those that crawl into a store. Inside transactions that hold the lock. */
export class Membership {
  readonly id: number
  /** Until when others believe that it lives: by the clock of this program. */
  heldUntil: number

  private constructor(id: number, startedAt: number) {
    this.id = id
    this.heldUntil = startedAt + lease - margin
  }

  static async join(tx: Transaction): Promise<Membership> {
    const startedAt = now()
    const id = await tx.value<number>(
      sql`insert into worker (name, alive_until)
          values (${`${hostname()} ${process.pid}`}, clock_timestamp() + ${lease} * interval '1 millisecond')
          returning id::float8`,
    )
    return new Membership(id, startedAt)
  }

  /**
   * Says that it lives.
   *
   * @throws StoreError STORE_LEASE_LOST when others believe that it does not
   */
  async renew(tx: Transaction, store: string): Promise<void> {
    const startedAt = now()
    const { count } = await tx.execute(
      sql`update worker set alive_until = clock_timestamp() + ${lease} * interval '1 millisecond'
          where id = ${this.id}`,
    )
    if (count === 0) throw leaseLost(store)
    this.heldUntil = startedAt + lease - margin
  }

  /** @throws StoreError STORE_LEASE_LOST when others have taken over */
  async require(tx: Transaction, store: string): Promise<void> {
    const there = await tx.value<boolean>(
      sql`select exists (select 1 from worker where id = ${this.id})`,
    )
    if (!there) throw leaseLost(store)
  }

  async leave(tx: Transaction): Promise<void> {
    this.heldUntil = -Infinity
    await tx.execute(sql`delete from worker where id = ${this.id}`)
  }
}

/** Removes who has been silent for too long, and lets others have its hosts, after their delay; counts who is left. */
export async function buryDead(tx: Transaction): Promise<number> {
  const workers = await tx.query<{ id: number; dead: boolean }>(
    sql`select id::float8 as id, alive_until < clock_timestamp() as dead from worker`,
  )
  const dead = workers.flatMap((worker) => (worker.dead ? [worker.id] : []))
  if (dead.length > 0) {
    await tx.execute(
      sql`update origin set worker_id = null,
            next_start = greatest(next_start, clock_timestamp() + delay * interval '1 millisecond')
          where worker_id = any(${dead})`,
    )
    await tx.execute(sql`delete from worker where id = any(${dead})`)
  }
  return workers.length - dead.length
}

function leaseLost(store: string): StoreError {
  return new StoreError(
    'STORE_LEASE_LOST',
    store,
    `store ${store}: this program was silent for more than ${lease / 1000} s, and others have taken over; start it again to go on`,
  )
}
