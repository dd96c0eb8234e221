import { describe, expect, it } from 'vitest'
import { hasExited, identityOf } from '../../src/sqlite/process-identity.ts'

describe.skipIf(process.platform !== 'linux')('identityOf', () => {
  const mine = identityOf(process.pid) ?? ''

  it('knows that this process lives', () => {
    expect(hasExited(process.pid, mine)).toBe(false)
  })

  it('tells a process from a later one that has its number', () => {
    expect(hasExited(process.pid, mine.replace(/\d+$/, '1'))).toBe(true)
  })

  it('knows of a process that is gone', () => {
    expect(hasExited(4_194_300, mine)).toBe(true)
  })

  it('says nothing of processes elsewhere, where the lease decides', () => {
    expect(hasExited(process.pid, `elsewhere ${mine}`)).toBe(false)
    expect(hasExited(process.pid, undefined)).toBe(false)
  })
})
