import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { moveOnAfter, now, shield, sleep, timeout } from 'corral'
import { requireDuration, requireOptions } from 'corral/lowlevel'
import type { Installed } from '../agent/agent.ts'
import { agentExpression, agentKey } from '../agent/agent-source.ts'
import type { Hello, Reading, TaskRow } from '../agent/reading.ts'
import type { ReadingHead } from '../agent/serve-client.ts'
import { AgentConnection } from './agent-connection.ts'
import { AttachError } from './attach-error.ts'
import { takeAttachLock } from './attach-lock.ts'
import { InspectorSession } from './inspector-session.ts'
import { findOpenInspector, openInspector, type OpenInspector } from './open-inspector.ts'
import { standingSocketOf } from './standing-socket.ts'
import { requireProcess, requireTarget, type TargetProcess } from './target-process.ts'
import { readWorkers, type WorkerReading } from './worker-readings.ts'

export interface AttachOptions {
  /** How long to wait for a process that does not react, in milliseconds. Default 10 000. */
  readonly wait?: number
  /** How many tasks are listed one by one; all are counted. Default 10 000. */
  readonly rows?: number
  /** Whether to read the tasks of worker threads too. Default false. */
  readonly workers?: boolean
  /** Told once when the process does not react for a second, with what is known of the reason. */
  readonly onSlow?: (reason: string) => void
}

/** A process that is looked into. */
export interface Attached extends Disposable {
  readonly pid: number
  readonly hello: Hello
  /** The loop did not turn: what is known was read while it stood still. */
  readonly blocked: Reading | undefined
  readonly workers: readonly WorkerReading[]
  /**
   * Milliseconds for which the inspector was open: 0 when the process listens for us anyway. Undefined when it was open before, and
   * still is.
   */
  readonly inspectorOpen: number | undefined
  /** Undefined where there is nowhere to put a socket. */
  readonly connection: AgentConnection | undefined
  /** Reads all tasks, in slices of some milliseconds. */
  read(rows?: number): Promise<Reading>
  /** The stacks of suspended tasks, a list of lines each; empty where there is none. */
  stacks(refs: readonly number[]): Promise<readonly (readonly string[])[]>
}

/** How often an inspector that closes meanwhile is opened once more. */
const attempts = 3
/**
 * Milliseconds in which a loop that turns answers, when something was computing, unless getting there took longer; and when
 * it was at rest.
 */
const turns = { busy: 50, idle: 2000 }
/** Milliseconds in which the main thread comes by, if only to be interrupted. */
const reacts = 5000

/**
 * Looks into a process of this machine that was not prepared for it. It is signalled (SIGUSR1) to open its inspector, a
 * small agent is put in, and the inspector is closed again; what follows goes through a socket that only its user can open.
 * The agent is gone when this is disposed, or when this process ends.
 *
 * Cancellation: leaves nothing behind; what the process would open later is closed by a small process of its own.
 *
 * @throws AttachError with a `reason`, when the process cannot be looked into
 * @example
 * using target = await attach(4711)
 * console.log((await target.read()).tasks)
 * @see py-spy, dotnet-trace
 */
export async function attach(pid: number, options: AttachOptions = {}): Promise<Attached> {
  requireOptions('attach', options)
  const { wait = 10_000, rows = 10_000, workers = false, onSlow = () => {} } = options
  requireDuration('attach: wait', wait)
  if (!Number.isSafeInteger(pid) || pid <= 0) {
    throw new AttachError('NO_PROCESS', `${pid} is no number of a process`)
  }
  if (pid === process.pid) throw new AttachError('NOT_PERMITTED', 'this is this process itself')
  const standing = await visitStanding(pid)
  if (standing !== undefined) return new Attachment(pid, standing)
  void globalThis.WebSocket // loaded before the inspector is open, not while it is
  const target = requireTarget(pid)
  await using lock = await takeAttachLock()
  void lock
  let signalled = false
  try {
    for (let attempt = 1; ; attempt++) {
      const inspector = await openInspector(target, {
        wait,
        onSlow,
        onSignal: () => {
          signalled = true
        },
      })
      try {
        const visit = await visitTarget(target, inspector, { rows, workers, wait, onSlow })
        signalled = visit.open
        if (visit.open) {
          throw new AttachError('NO_ANSWER', `process ${pid} does not close its inspector`)
        }
        return new Attachment(pid, visit)
      } catch (error) {
        if (!(error instanceof AttachError) || error.reason === 'ENDED') throw error
        // What the process was still to close for an attach before this one, it may close under us.
        const isGone = findOpenInspector(target)?.inode !== inspector.listener.inode
        if (!isGone || attempt === attempts) throw error
      }
    }
  } catch (error) {
    if (signalled) leaveCloser(pid)
    throw error
  }
}

interface Visit {
  readonly hello: Hello
  readonly connection: AgentConnection | undefined
  readonly blocked: Reading | undefined
  readonly workers: readonly WorkerReading[]
  readonly openFor: number | undefined
  /** The inspector that we have opened is still open. */
  readonly open: boolean
}

/** Talks to a process that listens for us. Undefined when it does not, or when its loop does not turn: it needs interrupting then. */
async function visitStanding(pid: number): Promise<Visit | undefined> {
  const { innerPid } = requireProcess(pid)
  const socket = standingSocketOf(pid)
  if (socket === undefined) return undefined
  const connection = await AgentConnection.open(pid, socket)
  const answers = await moveOnAfter(turns.idle, () => connection.ask<Hello>('hello'))
  if (answers.timedOut || answers.value.pid !== innerPid) {
    connection[Symbol.dispose]()
    return undefined
  }
  const hello = answers.value
  return { hello, connection, blocked: undefined, workers: [], openFor: 0, open: false }
}

/** What is done while the inspector is open. */
async function visitTarget(
  target: TargetProcess,
  { listener, ours }: OpenInspector,
  { rows, workers, wait, onSlow }: Required<AttachOptions>,
): Promise<Visit> {
  const start = now()
  const session = await InspectorSession.open(listener)
  let connection: AgentConnection | undefined
  let done = false
  try {
    const { hello, socket } = await install(session, wait, onSlow)
    if (hello.pid !== target.innerPid) {
      throw new AttachError('FOREIGN', `the inspector found is that of process ${hello.pid}`)
    }
    if (socket !== undefined) connection = await AgentConnection.openOnce(target.pid, socket)
    const there = connection
    const { path, stack } = hello.running
    const computing = path.length + stack.length > 0
    const patience = computing ? Math.max(turns.busy, now() - start) : turns.idle
    const answers = await moveOnAfter(patience, async () => there?.ask('hello'))
    let blocked: Reading | undefined
    if (answers.timedOut || there === undefined) {
      const text = await session.evaluate<string>(`${agentKey}.readNow(${rows})`)
      blocked = JSON.parse(text) as Reading
    }
    const threads = workers ? await readWorkers(session, rows) : []
    done = true
    const open = !(await closeSession(session, target.pid, ours, connection))
    return {
      hello,
      connection,
      blocked,
      workers: threads,
      openFor: ours ? now() - start : undefined,
      open,
    }
  } finally {
    if (!done) {
      connection?.[Symbol.dispose]()
      await shield(() => closeSession(session, target.pid, ours, undefined))
    }
  }
}

/** Puts the agent in; where what it interrupts has left no room on the stack, once there is some. */
async function install(
  session: InspectorSession,
  wait: number,
  onSlow: (reason: string) => void,
): Promise<Installed> {
  const start = now()
  let told = false
  for (;;) {
    try {
      const text = await timeout(reacts, () =>
        session.evaluate<string>(`${agentExpression()}.install()`),
      )
      return JSON.parse(text) as Installed
    } catch (error) {
      const full = error instanceof AttachError && error.message.includes('Maximum call stack')
      if (!full || now() - start >= wait) throw error
    }
    if (!told) onSlow('the stack of what it computes is nearly exhausted')
    told = true
    await sleep(again)
  }
}

/** Milliseconds until a stack that was full is looked at again. */
const again = 200

/** Closes the inspector inside of an evaluation, as the only way that never harms the target. False when it is still open. */
async function closeSession(
  session: InspectorSession,
  pid: number,
  ours: boolean,
  connection: AgentConnection | undefined,
): Promise<boolean> {
  if (!ours) {
    await session.leave()
    return true
  }
  await session.evaluateClosing(
    `${agentKey} ? ${agentKey}.closeInspector() : process.getBuiltinModule('node:inspector').close()`,
    reacts,
  )
  // One that is blocked would open it again when it turns: the agent sees to that then.
  connection?.tell('close-inspector')
  for (let i = 0; i < 100; i++) {
    if (findOpenInspector(requireTarget(pid)) === undefined) return true
    await sleep(5)
  }
  return false
}

class Attachment implements Attached {
  readonly pid: number
  readonly hello: Hello
  readonly blocked: Reading | undefined
  readonly workers: readonly WorkerReading[]
  readonly inspectorOpen: number | undefined
  readonly connection: AgentConnection | undefined

  constructor(pid: number, visit: Visit) {
    this.pid = pid
    this.hello = visit.hello
    this.blocked = visit.blocked
    this.workers = visit.workers
    this.inspectorOpen = visit.openFor
    this.connection = visit.connection
  }

  async read(rows: number = 10_000): Promise<Reading> {
    const connection = this.#requireConnection()
    let told = await connection.ask<Told>('read', { most: rows })
    while (told.reading === undefined) told = await connection.ask<Told>('more')
    const { rowCount, ...head } = told.reading
    const all: TaskRow[] = []
    while (all.length < rowCount) {
      const some = await connection.ask<TaskRow[]>('rows', { from: all.length, most: page })
      if (some.length === 0) break
      all.push(...some)
    }
    return { ...head, rows: all }
  }

  async stacks(refs: readonly number[]): Promise<readonly (readonly string[])[]> {
    const connection = this.#requireConnection()
    const found: (readonly string[])[] = []
    for (let i = 0; i < refs.length; i += 20) {
      const some = refs.slice(i, i + 20)
      found.push(...(await connection.ask<(readonly string[])[]>('stacks', { refs: some })))
    }
    return found
  }

  [Symbol.dispose](): void {
    this.connection?.[Symbol.dispose]()
  }

  #requireConnection(): AgentConnection {
    if (this.connection !== undefined) return this.connection
    throw new AttachError('NO_ANSWER', 'the process has nowhere to put a socket')
  }
}

interface Told {
  readonly done: boolean
  readonly reading?: ReadingHead
}

/** Tasks in one answer. */
const page = 1000

/** Leaves a process behind that closes the inspector whenever it opens. */
function leaveCloser(pid: number): void {
  const file = fileURLToPath(
    new URL(import.meta.url.endsWith('.ts') ? './closer.ts' : './closer.js', import.meta.url),
  )
  spawn(process.execPath, [...process.execArgv, file, String(pid)], {
    detached: true,
    stdio: 'ignore',
  }).unref()
}
