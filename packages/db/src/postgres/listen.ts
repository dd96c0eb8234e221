import { Event, exponential, isCancelled, moveOnAfter, shield, sleep } from 'corral'
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
): AsyncGenerator<Notification, void> {
  const delays = exponential({ base: 100, max: 10_000 })
  for (let first = true; ; first = false) {
    const connection = await (first ? connect(settings, log) : reconnect(delays, settings, log))
    try {
      yield* notifications(connection, channels)
    } catch (error) {
      if (isCancelled(error) || connection.alive) throw error
    } finally {
      await shield(() => connection.close())
    }
  }
}

async function reconnect(
  delays: Iterable<number>,
  settings: PostgresSettings,
  log: QueryLog,
): Promise<PostgresConnection> {
  for (const delay of delays) {
    await sleep(delay)
    try {
      return await connect(settings, log)
    } catch (error) {
      if (isCancelled(error)) throw error // otherwise it is not back yet
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
