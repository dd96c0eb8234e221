import { sleep } from 'corral'

/** Memory that a thread counts up in while it works: [0] beats, [1] that its cleanup has run. */
export class Beats {
  readonly cells: Int32Array<SharedArrayBuffer> = new Int32Array(new SharedArrayBuffer(8))

  get count(): number {
    return Atomics.load(this.cells, 0)
  }

  get cleanedUp(): boolean {
    return Atomics.load(this.cells, 1) === 1
  }

  /** Waits until the thread works. */
  async begun(): Promise<void> {
    while (this.count === 0) await sleep(1)
  }

  /** Whether no thread counts any more. */
  async stopped(): Promise<boolean> {
    const before = this.count
    await sleep(30)
    return this.count === before
  }
}
