import type { Outbox } from './outbox.ts'
import { SharedBatch } from './shared-batch.ts'
import type { QueuedFrame } from './shared-batch.ts'
import type { SlowPolicy } from './slow.ts'
import { atTurnEnd, endTurn } from './turn.ts'
import type { TurnJob } from './turn.ts'

/** How much a room sends before the turn is over, so that single writes stay small. */
const MAX_BATCH = 65_536

/**
 * The members of a room that get the same bytes. What is sent in one turn joins the open batch: it costs one
 * step, however many members there are.
 */
export class Lane implements TurnJob {
  readonly slow: SlowPolicy<never>
  readonly queueBytes: number
  readonly members: Set<Outbox> = new Set()
  readonly #delay: number
  #batch: SharedBatch | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(slow: SlowPolicy<never>, queueBytes: number, delay: number) {
    this.slow = slow
    this.queueBytes = queueBytes
    this.#delay = delay
  }

  add(member: Outbox): void {
    this.close()
    this.members.add(member)
  }

  delete(member: Outbox): void {
    this.close()
    if (this.members.delete(member)) atTurnEnd(member) // for what was sent before
  }

  send(frame: QueuedFrame, except: Outbox | undefined): void {
    if (this.members.size === 0) return
    let batch = this.#batch
    if (batch === undefined || !batch.open) {
      batch = new SharedBatch(this)
      this.#batch = batch
      if (this.#delay === 0) this.#hand(batch)
      else this.#timer = setTimeout(() => this.#release(), this.#delay)
    }
    batch.add(frame, except)
    if (batch.size < MAX_BATCH) return
    this.close()
    endTurn()
  }

  #hand(batch: SharedBatch): void {
    for (const member of this.members) member.pushBatch(batch)
    atTurnEnd(this)
  }

  endTurn(): void {
    for (const member of this.members) member.endTurn()
  }

  /** Passes on what was held back. */
  #release(): void {
    if (this.#timer === undefined) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#batch !== undefined) this.#hand(this.#batch)
  }

  /** The next message begins a batch: the members are about to change. */
  close(): void {
    this.#release()
    if (this.#batch !== undefined) this.#batch.open = false
    this.#batch = undefined
  }

  /** A member whose queue is full. */
  get full(): Outbox | undefined {
    const sent = this.#batch?.open === true ? this.#batch.size : 0
    for (const member of this.members) if (member.counted + sent >= this.queueBytes) return member
    return undefined
  }
}
