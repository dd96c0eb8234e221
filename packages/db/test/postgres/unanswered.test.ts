import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import type { PostgresWire } from '../../src/postgres/internals.ts'
import { Unanswered } from '../../src/postgres/unanswered.ts'

describe('Unanswered', () => {
  it('ends a connection that sends an answer nobody waits for: the next statement would take it for its own', () => {
    let destroyed = false
    const stream = Object.assign(new EventEmitter(), { destroy: () => (destroyed = true) })
    const wire = Object.assign(new EventEmitter(), { stream })
    const lost: unknown[] = []
    const unanswered = new Unanswered(wire as unknown as PostgresWire, (error) => lost.push(error))
    unanswered.takeOver()
    wire.emit('readyForQuery', { status: 'I' })
    expect(destroyed).toBe(true)
    expect(lost).toMatchObject([{ message: expect.stringContaining('nobody waits for') }])
  })
})
