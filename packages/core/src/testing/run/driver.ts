import { snapshot } from '../../diagnostics/snapshot.ts'
import { waitReport } from '../../diagnostics/wait-report.ts'
import { livingScope } from '../../kernel/current.ts'
import {
  afterMicrotasks,
  macrotask,
  monotonicNow,
  runInScope,
  runOutside,
} from '../../kernel/platform.ts'
import { ScopeNode } from '../../kernel/records.ts'
import type { Runtime, Scheduler, TaskRecord, Waiter } from '../../kernel/records.ts'
import { cancelScope } from '../../kernel/cancellation.ts'
import { wakeAll } from '../../kernel/suspend.ts'
import { WaitQueue } from '../../kernel/wait-queue.ts'
import type { FaultInjector } from '../net/fault-injector.ts'
import { registerDriver } from './current-driver.ts'
import { ForeignWaits } from './foreign-waits.ts'
import { Leaks } from './leaks.ts'
import { PendingWake } from './pending-wake.ts'
import type { DriverOptions } from './run-once.ts'
import type { Schedule } from './schedule.ts'
import { seededRandom } from './seeded-random.ts'
import { TestFailure } from './test-failure.ts'
import type { TestFailureCode } from './test-failure.ts'
import { Trace } from './trace.ts'
import { VirtualClock } from './virtual-clock.ts'

/** How many wakes in one macrotask, and how many milliseconds, before the event loop gets a turn. */
const BURST = 4096
const SLICE = 20
/** How many waits are turned away in one step before they are held back from then on. */
const REJECTED_WAITS = 10_000

/**
 * Runs one program in a world of its own. Wakes take effect at once, as they do in earnest, or one at
 * a time as a schedule says. When no microtask is left, everybody waits: then the next wake is let
 * through, or the clock jumps to the next timer. When there is none, and nothing foreign is under way,
 * nobody will ever go on: the program is cancelled, so that its cleanup runs, and fails.
 */
export class Driver implements Scheduler {
  readonly clock: VirtualClock
  readonly runtime: Runtime
  readonly root: ScopeNode
  /** Those who wait until all the others do. */
  readonly idleWaiters: WaitQueue = new WaitQueue()
  readonly leaks: Leaks
  readonly faults: FaultInjector | undefined
  /** Called whenever everybody waits; throws what the program is to fail with. */
  readonly invariants: (() => void)[] = []
  /** Called when main has returned; throws what the program is to fail with. */
  readonly eventualities: (() => void)[] = []
  readonly trace: Trace
  failure: Error | undefined
  readonly #schedule: Schedule | undefined
  readonly #foreign: ForeignWaits
  readonly #maxSteps: number
  /** Steps when everybody waits. */
  readonly #stepSoon: () => void = afterMicrotasks(() => this.step())
  readonly #api: string
  #wakes = 0
  #last: PendingWake | undefined
  #counted: Map<TaskRecord, number> | undefined
  /** The waits that ended just before there were too many. */
  #latest: Waiter<never>[] = []
  #steps = 0
  #limit: number
  #burst = 0
  #turnAt = monotonicNow()
  #postponed = 0
  #rejectedWaits = 0
  #stopped = false
  #abandoned = false
  #abandon: (failure: TestFailure) => void = () => {}

  constructor(options: DriverOptions) {
    this.clock = new VirtualClock(options.startTime)
    let lastId = 0
    this.runtime = {
      clock: this.clock,
      random: seededRandom(options.seed),
      nextId: () => ++lastId,
      scheduler: this,
    }
    this.root = new ScopeNode(this.runtime, undefined, 'testRun')
    this.leaks = new Leaks(this.clock)
    this.#foreign = new ForeignWaits(this.root, options.foreign, options.patience)
    this.#api = options.api
    this.faults = options.faults
    this.trace = new Trace(options.record === true)
    this.#schedule = options.schedule
    this.#maxSteps = options.maxSteps
    this.#limit = options.maxSteps
    registerDriver(this.runtime, this)
  }

  /** Steps until `program` has settled, or until nothing can make it settle. */
  drive<T>(program: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#abandon = reject
      program.then(resolve, reject).finally(() => {
        this.#stopped = true
      })
      runOutside(this.#stepSoon)
    })
  }

  hold(waiter: Waiter<never>, pass: () => void): void {
    if (this.#abandoned) return
    this.leaks.see(waiter)
    const task = waiter.scope?.task
    this.#foreign.woken(task)
    const count = task && this.#counted?.get(task)
    if (task !== undefined && count !== undefined) this.#counted?.set(task, count + 1)
    if (this.#limit - this.#steps < 16) this.#latest.push(waiter)
    this.#countStep()
    if (this.#schedule !== undefined) {
      const by = this.trace.kept ? livingScope()?.task : undefined
      this.#schedule.add(new PendingWake(++this.#wakes, waiter, pass, this.trace.length, by))
      return
    }
    if (++this.#burst < BURST || monotonicNow() - this.#turnAt < SLICE) {
      pass()
      return
    }
    this.#postponed += 1
    runOutside(macrotask, () => {
      this.#turned()
      this.#postponed -= 1
      pass()
    })
  }

  shouldThrottle(): boolean {
    return ++this.#rejectedWaits > REJECTED_WAITS
  }

  /** Everybody waits: decides what happens next. */
  step(): void {
    if (this.#rejectedWaits <= REJECTED_WAITS) this.#rejectedWaits = 0 // once crowded it stays so
    if (this.#stopped || this.root.firstChild === undefined) return
    if (this.#postponed > 0) return this.#nextTurn()
    this.#look()
    const held = this.#schedule?.next(this.#timeMayMove())
    if (held !== undefined) this.#letThrough(held)
    else if (this.idleWaiters.first !== undefined) this.#wakeIdleWaiters()
    else if (this.#foreign.mayCome(this.clock.next !== undefined)) return this.#poll()
    else if (!this.#jump()) this.#deadlock()
    this.#countStep()
    this.#next()
  }

  #letThrough(held: PendingWake): void {
    held.rivals = this.#schedule?.size ?? 0
    held.passedAt = this.trace.length
    held.time = this.clock.now()
    held.timers = this.clock.next !== undefined
    this.trace.add(held)
    this.#last = held
    this.faults?.before(held)
    held.pass()
  }

  /** What is to be true whenever everybody waits; and faults that happen then. */
  #look(): void {
    if (this.#last !== undefined) this.faults?.after(this.#last)
    this.#last = undefined
    if (this.failure !== undefined) return
    for (const check of this.invariants) {
      try {
        check()
      } catch (error) {
        this.failWith(error as Error)
        return
      }
    }
  }

  #timeMayMove(): boolean {
    return this.idleWaiters.first === undefined && this.clock.next !== undefined
  }

  #jump(): boolean {
    const to = this.clock.next
    if (to !== undefined && this.#schedule !== undefined) {
      this.trace.add({ from: this.clock.now(), to })
      this.#schedule.jumped()
    }
    return runInScope(this.root, (clock) => clock.jump(), this.clock) // who rings is in this world too
  }

  /** Fails the run: the program is cancelled, and its cleanup runs. A second time there is none. */
  fail(code: TestFailureCode, message: string): void {
    const report = waitReport(snapshot(this.root), this.clock.now(), code !== 'LIVELOCK')
    const first = this.failure
    if (first === undefined) {
      this.failWith(new TestFailure(code, message, report))
      return
    }
    this.#stopped = true
    this.#abandoned = true
    const stuck = `${first.message}\nThen its cleanup never ended: ${message}`
    const hopeless = first instanceof TestFailure && code === 'FOREIGN' && first.code === code
    this.#abandon(hopeless ? first : new TestFailure('STUCK', stuck, report))
  }

  /** How often a task has waited since it was asked for the first time. */
  waitsOf(task: TaskRecord | undefined): number {
    if (task === undefined) return 0
    this.#counted ??= new Map()
    const count = this.#counted.get(task) ?? 0
    this.#counted.set(task, count)
    return count
  }

  /** Main has come to its end: what was to happen until then is looked at. */
  ended(): void {
    this.#look()
    for (const check of this.eventualities) check()
  }

  failWith(failure: Error): void {
    this.failure = failure
    this.#latest = []
    this.trace.failedAt = this.trace.length
    cancelScope(this.root, failure.message)
    this.#limit = this.#steps + this.#maxSteps
  }

  #deadlock(): void {
    const foreign = this.#foreign.names
    if (foreign.length === 0) {
      this.fail(
        'DEADLOCK',
        `${this.#api}: deadlock: every task waits, and nothing is left to wake one`,
      )
    } else {
      this.fail(
        'FOREIGN',
        `${this.#api}: ${foreign.join(', ')} waited for something that is not ours and never came${this.#foreign.hint}`,
      )
    }
  }

  #wakeIdleWaiters(): void {
    wakeAll(this.idleWaiters, undefined)
  }

  #countStep(): void {
    if (++this.#steps <= this.#limit) return
    this.#limit = Infinity
    const last = this.#latest.map(({ kind, scope }) => `${scope?.task?.name ?? '?'}@${kind}`)
    this.fail(
      'LIVELOCK',
      `${this.#api}: livelock: it had not ended after ${this.#steps} steps; the last were ${[...new Set(last)].join(', ')}`,
    )
  }

  #next(): void {
    // The time is asked for once in a while: it costs as much as a step.
    if ((this.#steps & 31) !== 0 || monotonicNow() - this.#turnAt < SLICE) {
      this.#stepSoon()
    } else this.#nextTurn()
  }

  #nextTurn(): void {
    macrotask(() => {
      this.#turned()
      this.#stepSoon()
    })
  }

  #turned(): void {
    this.#turnAt = monotonicNow()
    this.#burst = 0
  }

  #poll(): void {
    this.#foreign.poll(() => {
      this.#turned()
      this.#stepSoon()
    })
  }
}
