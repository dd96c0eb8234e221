import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { now } from 'corral'
import { currentScope, snapshot, waitReport } from 'corral/lowlevel'
import type { ScopeNode } from 'corral/lowlevel'
import { TestFailure } from 'corral/testing'
import { recorder } from '@corral/inspect'
import type { Recorder } from '@corral/inspect'
import type { TestContext } from 'vitest'
import { HungWaits } from './hung-waits.ts'

/** So many events of a test are kept for its trace. */
const EVENTS = 4096

/** What a test leaves when it fails or hangs: who waits for what, and where, and a trace of what it did last. */
export class Attachments implements Disposable {
  #recorder: Recorder | undefined
  #hung: HungWaits | undefined
  #tree = ''

  /** Runs the program of a test, recorded. */
  readonly watch =
    (main: () => unknown): (() => Promise<unknown>) =>
    async () => {
      this.#recorder = recorder({ events: EVENTS })
      this.#hung = new HungWaits()
      try {
        return await main()
      } catch (error) {
        this.#tree = waitReport(snapshot(rootOf(currentScope())), now(), false)
        throw error
      }
    }

  /** Hands them to vitest, which keeps them in its `attachmentsDir`. */
  async attach(context: TestContext, error: unknown): Promise<void> {
    const tree = error instanceof TestFailure ? error.report : this.#tree
    const folder = await mkdtemp(join(tmpdir(), 'corral-test-'))
    const attach = async (what: string, file: string, contentType: string): Promise<void> => {
      await context.annotate(what, { path: join(folder, file), contentType })
    }
    try {
      if (tree !== '') {
        await writeFile(join(folder, 'tree.txt'), `${tree}\n`)
        await attach('tasks, and what they wait for', 'tree.txt', 'text/plain')
      }
      const stacks = this.#hung?.text ?? ''
      if (stacks !== '') {
        await writeFile(join(folder, 'stacks.txt'), `${stacks}\n`)
        await attach('where they wait', 'stacks.txt', 'text/plain')
      }
      if (this.#recorder !== undefined) {
        this.#recorder.write(join(folder, 'trace.pftrace'))
        await attach('trace, for ui.perfetto.dev', 'trace.pftrace', 'application/octet-stream')
      }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  [Symbol.dispose](): void {
    this.#recorder?.[Symbol.dispose]()
    this.#hung?.[Symbol.dispose]()
  }
}

function rootOf(scope: ScopeNode): ScopeNode {
  return scope.parent === undefined ? scope : rootOf(scope.parent)
}
