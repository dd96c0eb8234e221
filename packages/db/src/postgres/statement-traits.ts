import { refuse } from 'corral/lowlevel'
import { afterComments } from '../sql/comments.ts'
import { perTemplate } from '../sql/per-template.ts'
import type { Sql } from '../sql/statement.ts'
import { wordsOf } from './words.ts'

/**
 * What a statement leaves on its connection for whoever gets it next, as far as its text tells.
 *
 *   none       nothing
 *   local      something that ends with its transaction
 *   setting, temporary, other    something that stays
 */
export type Leftover = 'none' | 'local' | 'setting' | 'temporary' | 'other'

interface Traits {
  readonly leftover: Leftover
  /** It is atomic, leaves nothing behind in its connection, and can be explained. */
  readonly isQuery: boolean
  readonly isCopy: boolean
  /** The server forgets what is prepared on the connection. */
  readonly forgets: boolean
}

const traits = perTemplate((parts): Traits => {
  const text = afterComments(parts.join('$1'), 'postgres')
  return {
    leftover: find(text),
    isQuery: query.test(text),
    isCopy: /^copy\b/i.test(text),
    forgets: /^(?:deallocate|discard)\b/i.test(text),
  }
})

/** What its text tells of a statement. */
export function traitsOf({ parts }: Sql): Traits {
  return traits(parts)
}

/** Its text. @throws MisuseError for another statement, which would run, and might change the connection */
export function requireCopy(api: string, query: Sql): string {
  if (!traitsOf(query).isCopy) refuse(`${api}: query`, 'a copy', query.text)
  return query.text
}

/** For a statement in a transaction that leaves something behind. */
export function insteadOf(statement: Sql): string | undefined {
  switch (traitsOf(statement).leftover) {
    case 'none':
    case 'local':
      return undefined
    case 'setting':
      return 'use "set local", or the transaction of a Database.session'
    case 'temporary':
      return 'add "on commit drop", or use the transaction of a Database.session'
    case 'other':
      return 'use the transaction of a Database.session'
  }
}

const query = /^(?:select|insert|update|delete|merge|with|values)\b/i
const first =
  /^(?:(?:set|reset|listen|unlisten|load|prepare|declare|create|select|with|explain)\b|\()/i

function find(text: string): Leftover {
  const word = first.exec(text)?.[0].toLowerCase()
  if (word === undefined) return 'none'
  if (word === 'select' || word === 'with' || word === '(') return intoTemporary(text)
  const plain = wordsOf(text)
  switch (word) {
    case 'set':
      // `local.x` is a name.
      return /^set\s+(?:local|transaction|constraints)\b(?!\s*\.)/i.test(plain)
        ? 'local'
        : 'setting'
    case 'create':
      if (!makesTemporary.test(plain)) return 'none'
      return /\bon\s+commit\s+drop\b/i.test(plain) ? 'local' : 'temporary'
    case 'explain':
      return find(analysed.exec(plain)?.[1] ?? '')
    case 'prepare':
      return /^prepare\s+transaction\s+x\b/i.test(plain) ? 'none' : 'other'
    case 'declare':
      return /\bcursor\s+with\s+hold\b/i.test(plain) ? 'other' : 'none'
    default:
      return 'other'
  }
}

/** Only then does what is explained run. */
const analysed = /^explain\b.*?\banaly[sz]e\b.*?\b((?:create|select|with)\b.*)/is
const makesTemporary =
  /^create\s+(?:(?:or\s+replace\s+)?(?:(?:local|global)\s+)?temp(?:orary)?\b|(?:\w+\s+){1,6}pg_temp\s*\.)/i
/** `select 1 into temp from x` makes a table of that name, that stays; `insert into temp (id)` adds to it. */
const into =
  /(?<!\b(?:insert|merge)\s+)\binto\s+(?:(?:local\s+|global\s+)?temp(?:orary)?\s+(?!(?:from|where|group|having|window|union|intersect|except|order|limit|offset|fetch|for)\b)[\p{L}_]|pg_temp\s*\.)/iu

function intoTemporary(text: string): Leftover {
  if (!/into/i.test(text) || !/temp/i.test(text)) return 'none'
  return into.test(wordsOf(text)) ? 'temporary' : 'none'
}
