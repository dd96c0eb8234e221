import { ClosedError, Event, exponential, isCancelled, moveOnAfter, shield } from 'corral'
import { closed as closedError } from '../closed.ts'
import type { Notification } from '../database.ts'
import type { QueryLog } from '../query-log.ts'
import { sql } from '../sql/sql.ts'
import { connect } from './connect.ts'
import type { PostgresSettings } from './options.ts'
import type { PostgresConnection } from './postgres-connection.ts'

/** How long the connection may be quiet before the server is pinged, in milliseconds. */
const quiet = 30_000
/** Maximum number of unread notifications kept. */
const most = 10_000

const ping = sql`select 1`

/** What ends the loops over NOTIFY messages: `closed` is set, and then each of the connections is closed. */
export interface Listeners {
  readonly closed: Event
  readonly connections: Set<PostgresConnection>
}

/**
 * NOTIFY messages on the given channels, over a connection of its own. If the connection is lost, it reconnects for as
 * long as it takes, and then reports that some may have been missed.
 *
 * Cancellation: closes the connection, as does leaving the loop.
 */
export async function* listen(
  channels: readonly string[],
  settings: PostgresSettings,
  log: QueryLog,
  { closed, connections }: Listeners,
): AsyncGenerator<Notification, void> {
  const open = async (): Promise<PostgresConnection> => {
    if (closed.isSet) throw closedError()
    const connection = await connect(settings, log)
    // `close` did not know of it yet.
    if (closed.isSet) {
      await shield(() => connection.close())
      throw closedError()
    }
    return connection
  }
  for (let first = true; ; first = false) {
    const connection = await (first ? open() : reconnect(open, closed))
    connections.add(connection)
    try {
      yield* notifications(connection, channels)
    } catch (error) {
      if (isCancelled(error) || connection.alive) throw error
    } finally {
      connections.delete(connection)
      await shield(() => connection.close())
    }
  }
}

async function reconnect(
  open: () => Promise<PostgresConnection>,
  closed: Event,
): Promise<PostgresConnection> {
  for (const delay of exponential({ base: 100, max: 10_000 })) {
    await moveOnAfter(delay, () => closed.wait())
    try {
      return await open()
    } catch (error) {
      if (isCancelled(error) || error instanceof ClosedError) throw error // otherwise it is not back yet
    }
  }
  throw new RangeError('the delays never end')
}

/** Throws when the connection is lost. */
async function* notifications(
  connection: PostgresConnection,
  channels: readonly string[],
): AsyncGenerator<Notification, void> {
  const waiting: Notification[] = []
  const changed = new Event()
  connection.onNotification(({ channel, payload }) => {
    if (waiting.length < most) waiting.push({ channel, payload, missed: false })
    else waiting[most] = missed // the last item
    changed.set()
  })
  connection.onEnd(() => changed.set())
  for (const channel of channels) {
    await connection.execute('Database.listen', sql`listen ${sql.identifier(channel)}`)
  }
  yield missed
  for (;;) {
    changed.clear()
    yield* waiting.splice(0)
    // It may have ended unnoticed.
    if (changed.isSet || waiting.length > 0) continue
    const { timedOut } = await moveOnAfter(quiet, () =>
      connection.alive ? changed.wait() : Promise.resolve(),
    )
    if (timedOut || !connection.alive) await connection.execute('Database.listen', ping)
  }
}

const missed: Notification = { channel: '', payload: '', missed: true }
