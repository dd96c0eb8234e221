import { sql, type Executor } from '@corral/db'
import type { StoreCounts } from '../outcome.ts'
import type { TallyName } from '../tally.ts'

/** What a transaction adds to the counts that are stored in it. */
export class Deltas {
  readonly #added = new Map<TallyName, number>()

  add(name: TallyName, amount: number): void {
    if (amount !== 0) this.#added.set(name, (this.#added.get(name) ?? 0) + amount)
  }

  of(name: TallyName): number {
    return this.#added.get(name) ?? 0
  }

  async save(tx: Executor): Promise<void> {
    if (this.#added.size === 0) return
    const names = [...this.#added.keys()]
    const amounts = [...this.#added.values()]
    await tx.execute(
      sql`insert into tally select * from unnest(${names}::text[], ${amounts}::int8[])
          on conflict (name) do update set value = tally.value + excluded.value`,
    )
  }
}

/** Counts, as they are stored. */
export async function countsOf(db: Executor): Promise<StoreCounts> {
  const rows = await db.query<{ name: string; value: number }>(
    sql`select name, value::float8 as value from tally where name not like 'suspects:%'`,
  )
  const values = new Map(rows.map(({ name, value }) => [name, value]))
  const of = (name: TallyName): number => values.get(name) ?? 0
  const failures = rows
    .filter(({ name, value }) => name.startsWith('failed:') && value > 0)
    .map(({ name, value }): [string, number] => [name.slice('failed:'.length), value])
  return {
    queued: of('queued'),
    pages: of('pages'),
    failed: of('failed'),
    skipped: of('skipped'),
    bytes: of('bytes'),
    failures: Object.fromEntries(failures),
  }
}
