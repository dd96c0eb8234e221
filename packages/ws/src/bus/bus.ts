/**
 * What carries texts between processes. It may lose some: the rooms number what they send, see gaps and mend them.
 * `memoryBus`, `redisBus`, `natsBus` and `postgresBus` make one.
 */
export interface Bus {
  /** Sends to all who are subscribed, here and elsewhere, in the order of the calls; drops it when there is no connection. */
  publish(topic: string, text: string): void
  /** From now on `listener` is told of what is published on a topic. */
  subscribe(topic: string, listener: BusListener): Disposable
}

export interface BusListener {
  message(text: string): void
  /** There is a connection, at first or again: what was published meanwhile may be lost. */
  connected(): void
}
