import pg from 'pg'

/** How timestamps are returned: as `Date`, to the millisecond, or as the server's text, to the microsecond. */
export type Timestamps = 'date' | 'text'

type Parse = (text: string) => unknown
/** What pg calls to parse a column; its own type says `any`. */
export interface TypeParsers {
  getTypeParser(oid: number, format?: string): Parse
}

const builtIn = pg.types.getTypeParser as (oid: number, format: string) => Parse
const asText: Parse = (text) => text
// Its own type is wrong: it is not a function.
const { create } = pg.types.arrayParser as unknown as {
  create(text: string, parse: Parse): { parse(): unknown[] }
}
const arrayOf =
  (parse: Parse): Parse =>
  (text) =>
    create(text, parse).parse()

// The type OIDs are fixed in PostgreSQL's pg_type.dat.
const own = new Map<number, Parse>()
set(20, 1016, BigInt) // int8
for (const [oid, array] of [
  [1700, 1231], // numeric
  [1082, 1182], // date: a day is no moment
  [1114, 1115], // timestamp without time zone: no moment either
  [1186, 1187], // interval
  [600, 1017], // point
  [718, 719], // circle
] as const) {
  set(oid, array, asText)
}

function set(oid: number, array: number, parse: Parse): void {
  own.set(oid, parse)
  own.set(array, arrayOf(parse))
}

/** `infinity` is a number. */
function asDate(text: string): unknown {
  const moment = builtIn(1184, 'text')(text)
  if (moment instanceof Date && Number.isNaN(moment.getTime())) {
    throw new RangeError(`no Date can hold ${text}; open the database with timestamps: "text"`)
  }
  return moment
}

/** Reads columns without loss: see the table of types in the documentation. */
export function typeParsers(timestamps: Timestamps): TypeParsers {
  const parsers = new Map(own)
  const moment = timestamps === 'text' ? asText : asDate
  parsers.set(1184, moment)
  parsers.set(1185, arrayOf(moment))
  return {
    getTypeParser: (oid, format) =>
      (format === 'binary' ? undefined : parsers.get(oid)) ?? builtIn(oid, format ?? 'text'),
  }
}
