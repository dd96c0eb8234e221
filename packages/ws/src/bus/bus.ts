/**
 * Carries messages between processes, as text. It may lose some: rooms number what they send, detect gaps and fill
 * them. Made by `memoryBus`, `redisBus`, `natsBus` and `postgresBus`.
 */
export interface Bus {
  /**
   * Sends to all subscribers, here and elsewhere, in the order of the calls; drops the text when there is no
   * connection.
   */
  publish(topic: string, text: string): void
  /** From now on `listener` receives what is published on the topic. */
  subscribe(topic: string, listener: BusListener): Disposable
}

export interface BusListener {
  message(text: string): void
  /** Connected, for the first time or again: what was published meanwhile may be lost. */
  connected(): void
}
