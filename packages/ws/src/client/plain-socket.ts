import { LiveSocket } from './live-socket.ts'

/** A connection for plain messages, text or bytes. What is sent while a connection breaks may be lost. */
export class PlainSocket extends LiveSocket<string | Uint8Array> {
  /**
   * Sends a message; waits while there is no connection, and while more than `queueBytes` are queued.
   *
   * Cancellation: either it was not sent, or there was room and it was.
   *
   * @throws ClosedError when it is closed, even while waiting
   */
  send(data: string | Uint8Array): Promise<void> {
    return this.push(data)
  }

  /** Sends a message if there is a connection and room; never waits. Returns false if it was not sent. */
  trySend(data: string | Uint8Array): boolean {
    return this.tryPush(data)
  }

  protected override receive(data: string | Uint8Array): void {
    this.inbox.put(data, data.length)
  }

  protected override greet(): boolean {
    return true
  }

  protected override lost(): void {}
}
