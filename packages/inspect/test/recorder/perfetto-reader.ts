// A reader of traces that takes nothing it does not know: field numbers and types as in
// https://github.com/google/perfetto/tree/main/protos/perfetto/trace, rules as in Perfetto's track event importer.

type Type = 'varint' | 'string' | { readonly [field: number]: readonly [name: string, type: Type] }

const PACKET: Type = {
  8: ['timestamp', 'varint'],
  10: ['trusted_packet_sequence_id', 'varint'],
  11: [
    'track_event',
    {
      3: ['category_iids', 'varint'],
      9: ['type', 'varint'],
      10: ['name_iid', 'varint'],
      11: ['track_uuid', 'varint'],
    },
  ],
  12: [
    'interned_data',
    {
      1: ['event_categories', { 1: ['iid', 'varint'], 2: ['name', 'string'] }],
      2: ['event_names', { 1: ['iid', 'varint'], 2: ['name', 'string'] }],
    },
  ],
  13: ['sequence_flags', 'varint'],
  60: [
    'track_descriptor',
    {
      1: ['uuid', 'varint'],
      2: ['name', 'string'],
      3: ['process', { 1: ['pid', 'varint'], 6: ['process_name', 'string'] }],
      5: ['parent_uuid', 'varint'],
    },
  ],
}

type Message = { [name: string]: (number | string | Message)[] }

function decode(bytes: Uint8Array, type: Exclude<Type, string>): Message {
  const message: Message = {}
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++]
      if (byte === undefined) throw new Error('ends in a varint')
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }
  while (at < bytes.length) {
    const key = varint()
    const field = type[Math.floor(key / 8)]
    if (field === undefined) throw new Error(`unknown field ${Math.floor(key / 8)}`)
    const [name, inner] = field
    if (key % 8 !== (inner === 'varint' ? 0 : 2)) throw new Error(`${name}: wire type ${key % 8}`)
    let value: number | string | Message
    if (inner === 'varint') {
      value = varint()
    } else {
      const length = varint()
      const piece = bytes.subarray(at, at + length)
      if (piece.length < length) throw new Error(`${name}: ends early`)
      at += length
      value =
        inner === 'string'
          ? new TextDecoder('utf-8', { fatal: true }).decode(piece)
          : decode(piece, inner)
    }
    ;(message[name] ??= []).push(value)
  }
  return message
}

export interface ReadSlice {
  readonly name: string
  readonly category: string
  /** Nanoseconds since the trace began. */
  readonly from: number
  readonly to: number
  readonly depth: number
}

export interface ReadTrack {
  readonly name: string
  /** The name of the track it is below; of the process at the top. */
  readonly parent: string
  readonly slices: readonly ReadSlice[]
}

/** The tracks of a trace, in the order of their descriptors. Throws where Perfetto would drop or misplace something. */
export function readPerfetto(bytes: Uint8Array): ReadTrack[] {
  const packets = (decode(bytes, { 1: ['packet', PACKET] })['packet'] ?? []) as Message[]
  const names = new Map<number, string>()
  const categories = new Map<number, string>()
  const described = new Map<number, { name: string; parent: number | undefined }>()
  const events = new Map<number, { time: number; type: number; name: string; category: string }[]>()
  let cleared = false
  for (const packet of packets) {
    const one = <T>(message: Message, name: string): T => message[name]?.[0] as T
    const flags = one<number>(packet, 'sequence_flags') ?? 0
    const sequence = one<number>(packet, 'trusted_packet_sequence_id')
    if (sequence === undefined) throw new Error('no sequence')
    if ((flags & 1) > 0) cleared = true
    if ((flags & 2) > 0 && !cleared) throw new Error('state is needed before it is cleared')
    const interned = one<Message>(packet, 'interned_data') ?? {}
    for (const [field, table] of [
      ['event_names', names],
      ['event_categories', categories],
    ] as const) {
      for (const entry of (interned[field] ?? []) as Message[]) {
        table.set(one<number>(entry, 'iid'), one<string>(entry, 'name'))
      }
    }
    const track = one<Message>(packet, 'track_descriptor')
    if (track !== undefined) {
      const process = one<Message>(track, 'process')
      const name = process === undefined ? 'name' : 'process_name'
      described.set(one<number>(track, 'uuid'), {
        name: one<string>(process ?? track, name),
        parent: one<number | undefined>(track, 'parent_uuid'),
      })
    }
    const event = one<Message>(packet, 'track_event')
    if (event !== undefined) {
      const uuid = one<number>(event, 'track_uuid')
      if (!described.has(uuid)) throw new Error(`track ${uuid} is not described`)
      const type = one<number>(event, 'type')
      const name = names.get(one<number>(event, 'name_iid'))
      const category = categories.get(one<number>(event, 'category_iids'))
      if (type === 1 && (name === undefined || category === undefined)) {
        throw new Error('a name that was not interned')
      }
      const time = one<number>(packet, 'timestamp')
      const list = events.get(uuid) ?? []
      events.set(uuid, list)
      list.push({ time, type, name: name ?? '', category: category ?? '' })
    }
  }
  return [...described].flatMap(([uuid, { name, parent }]) => {
    if (parent === undefined) return []
    if (uuid === 0 || parent === uuid) throw new Error(`track ${name}: its own parent`)
    const above = described.get(parent)
    if (above === undefined) throw new Error(`track ${name}: parent ${parent} is not described`)
    return [{ name, parent: above.name, slices: slicesOf(name, events.get(uuid) ?? []) }]
  })
}

function slicesOf(
  track: string,
  events: { time: number; type: number; name: string; category: string }[],
): ReadSlice[] {
  const slices: { -readonly [K in keyof ReadSlice]: ReadSlice[K] }[] = []
  const open: (typeof slices)[number][] = []
  let last = 0
  // Perfetto sorts by time, and keeps the order of what happens at once.
  for (const { time, type, name, category } of events) {
    if (time < last) throw new Error(`track ${track}: time steps back`)
    last = time
    if (type === 1) {
      const slice = { name, category, from: time, to: Number.NaN, depth: open.length }
      slices.push(slice)
      open.push(slice)
    } else if (type === 2) {
      const slice = open.pop()
      if (slice === undefined) throw new Error(`track ${track}: ends what did not begin`)
      slice.to = time
    } else {
      throw new Error(`track ${track}: type ${type}`)
    }
  }
  if (open.length > 0) throw new Error(`track ${track}: ${open.length} slices do not end`)
  return slices
}
