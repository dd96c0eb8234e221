import { hostname } from 'node:os'
import { sql, type Transaction } from '@corral/db'
import { now } from 'corral'
import { StoreError } from '../store-error.ts'

/** Milliseconds after which one that does not say that it lives counts as dead. */
const lease = 6000
/** How much sooner it believes that itself: a request takes a while to be on its way. */
const margin = 1500
/** Milliseconds after which one that does not say that it lives is left no hosts: it may be dead. */
const quiet = 2500

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

/** The programs in a store, when those that are dead have been removed. */
export interface Roll {
  /** How many have said lately that they live. */
  readonly present: number
  /** Somebody was removed, whose hosts are free now. */
  readonly buried: boolean
}

/** Removes who has been silent for too long, and lets others have its hosts, after their delay. */
export async function buryDead(tx: Transaction): Promise<Roll> {
  const workers = await tx.query<{ id: number; left: number }>(
    sql`select id::float8 as id, (extract(epoch from alive_until - clock_timestamp()) * 1000)::float8 as left
        from worker`,
  )
  const dead = workers.flatMap(({ id, left }) => (left < 0 ? [id] : []))
  if (dead.length > 0) {
    await tx.execute(
      sql`update origin set worker_id = null,
            next_start = greatest(next_start, clock_timestamp() + delay * interval '1 millisecond')
          where worker_id = any(${dead})`,
    )
    await tx.execute(sql`delete from worker where id = any(${dead})`)
  }
  const present = workers.filter(({ left }) => left > lease - quiet).length
  return { present, buried: dead.length > 0 }
}

function leaseLost(store: string): StoreError {
  return new StoreError(
    'STORE_LEASE_LOST',
    store,
    `store ${store}: this program was silent for more than ${lease / 1000} s, and others have taken over; start it again to go on`,
  )
}
