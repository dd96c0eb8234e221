import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { StoreCounts } from './outcome.ts'

/** What is counted: the states of URLs, the bytes, and failures by kind. */
export type TallyName =
  | 'queued'
  | 'pages'
  | 'failed'
  | 'skipped'
  | 'bytes'
  /** Queued URLs that have a page of an earlier crawl. */
  | 'stale'
  | `failed:${string}`
  /** URLs that look like a trap and were let in. */
  | `suspects:${string}`
  /** A hash of what decides which URLs are skipped, and of what is extracted; since when that is, in milliseconds since the epoch. */
  | 'judgement'
  | 'extraction'
  | 'extraction-since'

/**
 * Counts that are stored in the transaction that changes them: counting a million rows at every start would take
 * longer than reading these.
 */
export class Tally {
  readonly #values = new Map<string, number>()
  readonly #changed = new Set<string>()
  readonly #select: StatementSync
  readonly #upsert: StatementSync

  constructor(db: DatabaseSync) {
    this.#select = db.prepare('SELECT name, value FROM tally')
    this.#upsert = db.prepare(
      'INSERT INTO tally VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    )
    this.load()
  }

  /** Takes the stored values, also after a transaction that was rolled back. */
  load(): void {
    this.#values.clear()
    this.#changed.clear()
    for (const row of this.#select.all() as unknown as { name: string; value: number }[]) {
      this.#values.set(row.name, row.value)
    }
  }

  of(name: TallyName): number {
    return this.#values.get(name) ?? 0
  }

  add(name: TallyName, amount: number): void {
    this.#values.set(name, (this.#values.get(name) ?? 0) + amount)
    this.#changed.add(name)
  }

  /** Notes hashes of the options of a run; of an extraction since when it is the same. */
  note(judgement: number | undefined, extraction: number, at: number): void {
    if (judgement !== undefined) this.#set('judgement', judgement)
    if (this.of('extraction') === extraction) return
    this.#set('extraction', extraction)
    this.#set('extraction-since', at)
  }

  /** Writes what changed; to be called inside the transaction. */
  save(): void {
    for (const name of this.#changed) this.#upsert.run(name, this.#values.get(name) ?? 0)
    this.#changed.clear()
  }

  counts(): StoreCounts {
    const failures = [...this.#values]
      .filter(([name, value]) => name.startsWith('failed:') && value > 0)
      .map(([name, value]): [string, number] => [name.slice('failed:'.length), value])
    return {
      queued: this.of('queued'),
      pages: this.of('pages'),
      failed: this.of('failed'),
      skipped: this.of('skipped'),
      bytes: this.of('bytes'),
      failures: Object.fromEntries(failures),
    }
  }

  #set(name: TallyName, value: number): void {
    this.add(name, value - this.of(name))
  }
}
