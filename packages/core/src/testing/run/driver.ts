import {
  afterMicrotasks,
  macrotask,
  monotonicNow,
  runInScope,
  runOutside,
} from '../../kernel/platform.ts'
import { ScopeNode } from '../../kernel/records.ts'
import type { Runtime, Scheduler, Waiter } from '../../kernel/records.ts'
import { wakeAll } from '../../kernel/suspend.ts'
import { WaitQueue } from '../../kernel/wait-queue.ts'
import type { FaultInjector } from '../net/fault-injector.ts'
import { ForeignWaits } from './foreign-waits.ts'
import { Leaks } from './leaks.ts'
import { HeldWakes } from './held-wakes.ts'
import type { PendingWake } from './pending-wake.ts'
import { Places } from './places.ts'
import { Progress } from './progress.ts'
import type { DriverOptions } from './run-once.ts'
import { seededRandom } from './seeded-random.ts'
import { Trace } from './trace.ts'
import { RunOutcome } from './run-outcome.ts'
import { VirtualClock } from './virtual-clock.ts'

/** How many wakes in one macrotask, and how many milliseconds, before the event loop gets a turn. */
const BURST = 4096
const SLICE = 20
/** How many waits are turned away in one step before they are held back from then on. */
const REJECTED_WAITS = 10_000
/** So many in a row who only give others a turn, and time moves on. */
const YIELDS = 100_000

/**
 * Runs one program in a world of its own. Wakes take effect at once, as they do in earnest, or one at
 * a time as a schedule says. When no microtask is left, everybody waits: then the next wake is let
 * through, or the clock jumps to the next timer. When there is none, and nothing foreign is under way,
 * nobody will ever go on: the program is cancelled, so that its cleanup runs, and fails.
 */
export class Driver implements Scheduler, Disposable {
  readonly clock: VirtualClock
  readonly runtime: Runtime
  readonly root: ScopeNode
  /** Those who wait until all the others do. */
  readonly idleWaiters: WaitQueue = new WaitQueue()
  readonly leaks: Leaks
  readonly faults: FaultInjector | undefined
  readonly trace: Trace
  readonly outcome: RunOutcome
  readonly places: Places | undefined
  /** Whether the globals of time are those of this run for its program. */
  readonly virtualPlatform: boolean
  readonly startTime: number
  readonly #held: HeldWakes | undefined
  readonly #foreign: ForeignWaits
  readonly #progress: Progress
  /** Steps when everybody waits. */
  readonly #stepSoon: () => void = afterMicrotasks(() => this.step())
  readonly #api: string
  readonly #giveUpAt: number
  readonly #mostYields: number
  #last: PendingWake | undefined
  #yields = 0
  #burst = 0
  #turnAt = monotonicNow()
  #postponed = 0
  #rejectedWaits = 0
  #stopped = false

  constructor(options: DriverOptions) {
    const { schedule, timeLimit = Infinity } = options
    this.clock = new VirtualClock(
      options.startTime,
      (timer) => this.#held?.addTimer(timer) === true,
    )
    let lastId = 0
    this.runtime = {
      clock: this.clock,
      random: seededRandom(options.seed),
      nextId: () => ++lastId,
      scheduler: this,
    }
    this.root = new ScopeNode(this.runtime, undefined, 'testRun')
    this.places = options.places === true ? new Places(() => this.runtime) : undefined
    this.leaks = new Leaks(this.clock, this.places)
    this.outcome = new RunOutcome(this.root, this.places, () => this.#failed())
    this.#foreign = new ForeignWaits(this.root, this.runtime, options.foreign, options.patience)
    this.#progress = new Progress(options.maxSteps)
    this.#api = options.api
    this.#mostYields = Math.min(YIELDS, options.maxSteps / 10)
    this.#giveUpAt = timeLimit === Infinity ? Infinity : monotonicNow() + timeLimit
    this.startTime = options.startTime
    this.virtualPlatform = options.platform !== 'real'
    this.faults = options.faults
    this.trace = new Trace(options.record === true)
    this.#held = schedule && new HeldWakes(schedule, this, options.lateness)
  }

  /** Whether a schedule decides, and so what may go wrong is its to choose, not chance's. */
  get isScheduled(): boolean {
    return this.#held !== undefined
  }

  /** Whether time would have moved on past somebody who may not be so late. */
  get bounded(): boolean {
    return this.#held?.bounded === true
  }

  /** Steps until `program` has settled, or until nothing can make it settle. */
  drive<T>(program: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.outcome.abandon = reject
      program.then(resolve, reject).finally(() => {
        this.#stopped = true
      })
      runOutside(this.#stepSoon)
    })
  }

  [Symbol.dispose](): void {
    this.#stopped = true
    this.trace.left = this.#held?.left ?? []
    this.places?.[Symbol.dispose]()
    this.#foreign[Symbol.dispose]()
  }

  hold(waiter: Waiter<never>, pass: () => void): void {
    if (this.outcome.abandoned) return
    this.leaks.see(waiter)
    this.#foreign.woken(waiter.scope?.task)
    this.#progress.woken(waiter)
    this.#countStep()
    if (this.#held === undefined) this.#passOn(waiter, pass)
    else this.#held.add(waiter, pass)
  }

  shouldThrottle(): boolean {
    return ++this.#rejectedWaits > REJECTED_WAITS
  }

  /** Without a schedule: at once, but the event loop has its turns. */
  #passOn(waiter: Waiter<never>, pass: () => void): void {
    const { kind } = waiter
    this.#yields = kind === 'checkpoint' || kind === 'pause' ? this.#yields + 1 : 0
    if (++this.#burst < BURST || monotonicNow() - this.#turnAt < SLICE) {
      pass()
      return
    }
    this.#postponed += 1
    runOutside(macrotask, () => {
      this.#turned()
      this.#postponed -= 1
      if (this.#yields >= this.#mostYields) this.#jump()
      pass()
    })
  }

  /** Everybody waits: decides what happens next. */
  step(): void {
    if (this.#rejectedWaits <= REJECTED_WAITS) this.#rejectedWaits = 0 // once crowded it stays so
    if (this.#stopped || this.outcome.abandoned || this.root.firstChild === undefined) return
    if (this.#postponed > 0) return this.#nextTurn()
    this.#look()
    // Before the event loop turns: what it brings comes sooner or later, as the machine has it.
    const refused = this.#foreign.refused()
    if (refused.length > 0) this.#failForeign(refused, 'waits for something real')
    // The time is asked for once in a while: it costs as much as a step.
    else if ((this.#progress.steps & 31) === 0 && monotonicNow() - this.#turnAt >= SLICE) {
      return this.#nextTurn()
    }
    if (!this.#goOn()) return
    this.#countStep()
    this.#stepSoon()
  }

  /** The next thing happens; false when it is waited for, with real time passing. */
  #goOn(): boolean {
    if (this.#yields >= this.#mostYields && this.#jump()) return true
    const held = this.#held?.next(this.idleWaiters.first === undefined)
    if (held !== undefined) this.#letThrough(held)
    else if (this.idleWaiters.first !== undefined) wakeAll(this.idleWaiters, undefined)
    else if (this.#foreign.mayCome(this.clock.next !== undefined)) {
      this.#checkTimeLimit()
      this.#foreign.poll(() => {
        this.#turned()
        this.#stepSoon()
      })
      return false
    } else if (!this.#jump()) this.#deadlock()
    return true
  }

  #letThrough(held: PendingWake): void {
    held.rivals = this.#held?.size ?? 0
    held.passedAt = this.trace.length
    held.time = this.clock.now()
    held.timers = this.clock.next !== undefined
    this.#yields = held.yields ? this.#yields + 1 : 0
    this.trace.add(held)
    this.#last = held
    if (held.isDue) runInScope(this.root, (due) => due.decide(), held)
    this.faults?.before(held)
    held.pass()
  }

  /** What is to be true whenever everybody waits; and faults that happen then. */
  #look(): void {
    if (this.#last !== undefined) this.faults?.after(this.#last)
    this.#last = undefined
    this.outcome.look()
  }

  #jump(): boolean {
    const from = this.clock.now()
    const to = this.clock.next
    if (to === undefined) return false
    this.#yields = 0
    if (this.#held !== undefined) {
      this.trace.add({ from, to })
      this.#held.jumped(to > from)
    }
    return runInScope(this.root, (clock) => clock.jump(), this.clock) // who rings is in this world too
  }

  #failed(): void {
    this.trace.failedAt = Math.min(this.trace.failedAt, this.trace.length)
    this.#progress.restart()
  }

  #deadlock(): void {
    const foreign = this.#foreign.names
    if (foreign.length > 0) {
      this.#failForeign(foreign, 'waited for something that is not ours and never came')
      return
    }
    const what = 'deadlock: every task waits, and nothing is left to wake one'
    this.outcome.fail('DEADLOCK', `${this.#api}: ${what}`)
  }

  #failForeign(names: readonly string[], what: string): void {
    const message = `${this.#api}: ${names.join(', ')} ${what}${this.#foreign.hint}`
    this.outcome.fail('FOREIGN', message)
  }

  #countStep(): void {
    const main = this.root.firstChild?.firstChild?.task
    const wrong = this.#progress.step(main)
    if (wrong !== undefined) this.outcome.fail('LIVELOCK', `${this.#api}: ${wrong}`)
  }

  #checkTimeLimit(): void {
    if (monotonicNow() < this.#giveUpAt || this.outcome.failure !== undefined) return
    this.outcome.fail('TIMEOUT', `${this.#api}: out of time: it had not ended when its time was up`)
  }

  #nextTurn(): void {
    macrotask(() => {
      this.#turned()
      this.#checkTimeLimit()
      this.#stepSoon()
    })
  }

  #turned(): void {
    this.#turnAt = monotonicNow()
    this.#burst = 0
  }
}
