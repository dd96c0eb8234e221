/** What both sides see at any moment, even of a loop that never gets to read a message. */
export interface Marks {
  /** The id of the job that is to end: written by the caller's side. */
  cancelled(): number
  /** The id of the job that knows: written by the side that works. */
  noticed(): number
  cancel(id: number, reason: string | undefined): void
  notice(id: number): void
}

/** In memory that threads share. */
export class SharedMarks implements Marks {
  readonly cells: Int32Array<SharedArrayBuffer>

  constructor(cells: Int32Array<SharedArrayBuffer> = new Int32Array(new SharedArrayBuffer(8))) {
    this.cells = cells
  }

  cancelled(): number {
    return Atomics.load(this.cells, 0)
  }

  noticed(): number {
    return Atomics.load(this.cells, 1)
  }

  /** The reason comes as a message, which a thread can read at any moment. */
  cancel(id: number): void {
    Atomics.store(this.cells, 0, id)
  }

  notice(id: number): void {
    Atomics.store(this.cells, 1, id)
  }
}
