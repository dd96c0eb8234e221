import { refsPerCopy, type Reading, type ResourceRow } from '@corral/inspect/attach'
import { printable } from '../format/printable.ts'

/** Says in words what a reading has in numbers. */
export class ReadingWords {
  readonly #reading: Reading
  readonly #names: ReadonlyMap<number, string>

  constructor(reading: Reading) {
    this.#reading = reading
    const counts = new Map<string, number>()
    for (const { name } of reading.rows) counts.set(name, (counts.get(name) ?? 0) + 1)
    this.#names = new Map(
      reading.rows.map(({ ref, name }) => {
        const unique = (counts.get(name) ?? 0) < 2 || /\d$/.test(name)
        return [ref, printable(unique ? name : `${name}#${ref % refsPerCopy}`)]
      }),
    )
  }

  task(ref: number): string {
    return this.#names.get(ref) ?? `task-${ref % refsPerCopy}`
  }

  resourceOf(index: number): ResourceRow | undefined {
    return this.#reading.resources[index]
  }

  /** `Pool.acquire db (5/5 lent)` */
  wait(kind: string, index: number): string {
    const resource = this.resourceOf(index)
    const text = resource === undefined ? '' : resourceText(resource)
    return printable(text === '' ? kind : `${kind} ${text}`)
  }

  /** `, held by req#3, req#8 …` */
  held(index: number): string {
    const resource = this.resourceOf(index)
    if (resource === undefined) return ''
    const { holders, holderCount, holdersUnknown } = resource
    const named = holders.slice(0, mostHolders).map((ref) => this.task(ref))
    if (named.length === 0) return holdersUnknown ? ', holders unknown' : ''
    const more = holderCount > named.length ? ` … ${holderCount} in all` : ''
    return `, held by ${named.join(', ')}${more}${holdersUnknown ? ' and others unknown' : ''}`
  }
}

const mostHolders = 3

/** `db (5/5 lent)`, or nothing where there is nothing to say. */
export function resourceText({ name, size, capacity, held, state, type }: ResourceRow): string {
  const numbers =
    held !== undefined && capacity !== undefined
      ? `${held}/${capacity} ${type === 'Pool' ? 'lent' : 'taken'}`
      : size !== undefined && capacity !== undefined && type.includes('Queue')
        ? `${size}/${capacity}`
        : ''
  const told = [numbers, state === undefined || state === 'open' ? '' : state].filter(Boolean)
  const bracket = told.length > 0 ? `(${told.join(', ')})` : ''
  return [name ?? '', bracket].filter(Boolean).join(' ')
}
