import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { decodeError } from '../wire/decode-error.ts'
import { FileMarks } from '../wire/file-marks.ts'
import { Said } from '../wire/messages.ts'
import type { FromProcess, ProcessData, ToThread } from '../wire/messages.ts'
import type { Carrier, CarrierEvents } from './carrier.ts'
import { moduleUrl } from './module-url.ts'
import type { PoolSettings } from './options.ts'

const MAIN = fileURLToPath(moduleUrl(new URL('../thread/process-main.ts', import.meta.url)))

/** What of our own command line would do harm in another process. */
const OURS = /^--(inspect|input-type|test|watch)/

/** Those that live: they go when this process exits, whatever they compute. */
const living = new Set<ProcessCarrier>()

function killAll(): void {
  for (const each of living) each.kill()
}

/** A process of its own, the leader of a group where there are groups. */
export class ProcessCarrier implements Carrier {
  readonly word = 'process'
  readonly marks: FileMarks
  readonly #fd: number
  readonly #child: ChildProcess

  /** @throws Error EAGAIN, EMFILE, ENOSPC: the system's own */
  constructor(url: string, settings: PoolSettings, events: CarrierEvents) {
    const { name, env, execArgv = process.execArgv, memory, context } = settings
    const path = join(tmpdir(), `corral-worker-${randomUUID()}`)
    const fd = openSync(path, 'wx+', 0o600)
    try {
      writeSync(fd, Buffer.alloc(12))
      const data: ProcessData = { url, name, context: context.map(([key]) => key) }
      this.#child = fork(MAIN, [JSON.stringify(data)], {
        env: { ...(env ?? process.env) },
        execArgv: [
          ...execArgv.filter((option) => !OURS.test(option)),
          ...(memory === undefined ? [] : [`--max-old-space-size=${memory}`]),
        ],
        serialization: 'advanced',
        detached: process.platform !== 'win32',
        stdio: ['ignore', 'inherit', 'inherit', 'ipc', fd],
      })
    } catch (error) {
      closeSync(fd)
      throw error
    } finally {
      unlinkSync(path) // who has it open keeps it
    }
    this.#fd = fd
    this.marks = new FileMarks(fd)
    if (living.size === 0) process.on('exit', killAll)
    living.add(this)
    this.#child.on('message', (message: FromProcess) => {
      if (message[0] === Said.CRASHED) events.failed(decodeError(message[1], settings.classes))
      else events.message(message)
    })
    this.#child.on('exit', () => this.kill()) // what it has started and left
    let failure: Error | undefined
    this.#child.on('error', (error) => {
      if (this.#child.pid !== undefined) return // of a message that came too late; its exit tells
      failure = error
      events.failed(error)
      this.#gone()
      events.exited('could not be started')
    })
    // After `close` no message comes any more; after `exit` some may.
    this.#child.on('close', (code, signal) => {
      if (failure !== undefined) return
      this.#gone()
      if (signal === null) events.exited(`exited with code ${code}`)
      else events.exited(`was ended by ${signal}`, signal)
    })
  }

  post(message: ToThread): void {
    if (this.#child.connected) this.#child.send(message, () => {})
  }

  ref(): void {
    this.#child.ref()
    this.#child.channel?.ref()
  }

  unref(): void {
    this.#child.unref()
    this.#child.channel?.unref()
  }

  kill(): void {
    const { pid } = this.#child
    if (pid === undefined) return
    try {
      if (process.platform === 'win32') this.#child.kill('SIGKILL')
      else process.kill(-pid, 'SIGKILL')
    } catch {
      // it is gone
    }
  }

  #gone(): void {
    closeSync(this.#fd)
    living.delete(this)
    if (living.size === 0) process.off('exit', killAll)
  }
}
