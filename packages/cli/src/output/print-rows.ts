import { print, printed } from './print.ts'

/** Rows that are held in memory at a time. */
const block = 1000

/** Prints rows as they come from a store, as lines of JSON or as a table; memory does not grow with them. */
export async function printRows<T>(
  rows: Iterable<T> | AsyncIterable<T>,
  json: boolean,
  tableOf: (rows: readonly T[]) => readonly string[],
): Promise<void> {
  for await (const some of inBlocks(rows)) {
    const lines = json ? some.map((row) => JSON.stringify(row)) : tableOf(some)
    print(`${lines.join('\n')}\n`)
    await printed()
  }
}

async function* inBlocks<T>(
  items: Iterable<T> | AsyncIterable<T>,
): AsyncGenerator<T[], void, undefined> {
  let some: T[] = []
  for await (const item of items) {
    if (some.push(item) < block) continue
    yield some
    some = []
  }
  if (some.length > 0) yield some
}
