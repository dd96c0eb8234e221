import { RingBuffer } from '../lowlevel.ts'

/** A buffer that is never full: it keeps the newest `capacity` items. */
export class LatestItems<T> extends RingBuffer<T> {
  readonly #capacity: number

  constructor(capacity: number) {
    super()
    this.#capacity = capacity
  }

  override push(item: T): void {
    if (this.size >= this.#capacity) this.shift()
    super.push(item)
  }
}
