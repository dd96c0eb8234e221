import type { DatabaseError } from '../errors.ts'
import { afterComments } from '../sql/comments.ts'
import type { Shape, Shapes } from './statement-submission.ts'

/** A statement that the server knows by name, or is about to. */
export interface Prepared {
  readonly name: string
  /** Only one statement at a time may parse it; others meanwhile do without. */
  state: 'new' | 'sent' | 'parsed'
  /** Its columns; a statement without columns never gets any. */
  shape: Shape | undefined
  /** What the server should forget, to make room. */
  readonly instead: string | undefined
}

/** Maximum number per connection on the server. */
const most = 200

let lastName = 0
/** Behind a pooler, others may use the same names. */
const prefix = `corral_${Math.random().toString(36).slice(2, 8)}`

/**
 * The prepared statements of one connection. A statement is prepared on its second use: one generated afresh each time
 * is not worth it.
 */
export class PreparedStatements {
  readonly #named = new Map<string, Prepared>()
  readonly #seen = new Set<string>()

  /** Undefined the first time, and while another statement parses it. */
  of(text: string): Prepared | undefined {
    const known = this.#named.get(text)
    if (known !== undefined) return known.state === 'sent' ? undefined : known
    if (!this.#seen.delete(text)) {
      if (this.#seen.size >= most) this.#seen.clear()
      this.#seen.add(text)
      return undefined
    }
    // These may commit, and then fail: what runs as it was prepared may have to be run again. And these end themselves.
    if (/^(?:call|do|deallocate|discard)\b/i.test(afterComments(text, 'postgres'))) return undefined
    const made: Prepared = {
      name: `${prefix}_${(lastName += 1)}`,
      state: 'new',
      shape: undefined,
      instead: this.#evict(),
    }
    this.#named.set(text, made)
    return made
  }

  /** The server has forgotten all of them. */
  clear(): void {
    this.#named.clear()
  }

  #evict(): string | undefined {
    if (this.#named.size < most) return undefined
    for (const [text, { name, state }] of this.#named) {
      if (state !== 'parsed') continue
      this.#named.delete(text)
      return name
    }
    return undefined
  }
}

/**
 * The types of its parameters are those of when it was prepared: undefined function, datatype mismatch, ambiguous
 * function.
 */
const retyped: ReadonlySet<string> = new Set(['42883', '42804', '42725'])

/** The server no longer knows the statement, or its tables have changed: nothing has happened. */
export function isStale(error: unknown, shapes: Shapes): boolean {
  const { sqlState = '', message } = error as DatabaseError
  if (retyped.has(sqlState)) return true
  if (sqlState === '26000' || sqlState === '42P05') {
    // A pooler gave us another connection: preparing is pointless.
    shapes.prepare = false
    return true
  }
  return sqlState === '0A000' && message.includes('cached plan')
}
