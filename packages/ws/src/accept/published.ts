import { channel } from 'node:diagnostics_channel'
import { now } from 'corral'

/** A connection, as `corral:ws.opened` and `corral:ws.closed` of `node:diagnostics_channel` publish it. */
export interface ConnectionEvent {
  /** Its path and a number. */
  readonly name: string
  /** How long it lasted; 0 when it was opened. */
  readonly ms: number
}

const opened = channel('corral:ws.opened')
const closed = channel('corral:ws.closed')

/** A connection begins: gives when. */
export function publishOpened(name: string): number {
  if (opened.hasSubscribers) publish(opened, { name, ms: 0 })
  return now()
}

export function publishClosed(name: string, since: number): void {
  if (closed.hasSubscribers) publish(closed, { name, ms: now() - since })
}

function publish(to: ReturnType<typeof channel>, event: ConnectionEvent): void {
  to.publish(event)
}
