import { describe, expect, it } from 'vitest'
import { CancelScope, isCancelled, run, sleep, spawn, timeout } from '../../src/index.ts'
import { rootScope } from '../../src/kernel/current.ts'
import { cancelledScopes, ScopeNode } from '../../src/kernel/records.ts'
import { cancelScope, propagateCancellation, setShield } from '../../src/kernel/cancellation.ts'
import { attach, closeScope, detach } from '../../src/kernel/scope-tree.ts'
import { isUncancelled } from '../../src/lowlevel.ts'

import fc from 'fast-check'

describe('cancelledScopes', () => {
  it('counts the living scopes that a cancellation reaches, whatever becomes of the tree', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.constantFrom('open', 'open', 'cancel', 'shield', 'close', 'move'),
            fc.nat(99),
            fc.nat(99),
          ),
          { maxLength: 80, size: 'max' },
        ),
        (steps) => {
          const before = cancelledScopes
          const top = new ScopeNode(rootScope.runtime, undefined, 'top')
          attach(top, rootScope)
          const all = [top]
          const living = (): ScopeNode[] => all.filter((scope) => !scope.closed)
          const inside = (scope: ScopeNode, other: ScopeNode): boolean =>
            scope === other || (scope.parent !== undefined && inside(scope.parent, other))
          for (const [step, n, m] of steps) {
            const scope = all[n % all.length] as ScopeNode
            if (step === 'open') {
              const parent = living()[n % living().length] as ScopeNode
              const child = new ScopeNode(parent.runtime, undefined, 'child')
              child.cancelCalled = m % 10 === 0
              attach(child, parent)
              all.push(child)
            } else if (step === 'cancel') {
              cancelScope(scope, 'why')
            } else if (step === 'shield') {
              setShield(scope, m % 2 === 0)
            } else if (step === 'close') {
              if (scope !== top && !scope.closed) closeScope(scope)
            } else {
              const parent = living()[m % living().length] as ScopeNode
              if (scope === top || scope.closed || inside(parent, scope)) continue
              detach(scope)
              attach(scope, parent)
              propagateCancellation(scope)
            }
            const reached = living().filter(({ cancelledBy }) => cancelledBy !== undefined)
            expect(cancelledScopes - before).toBe(reached.length)
          }
          for (const scope of living().reverse()) closeScope(scope)
          expect(cancelledScopes).toBe(before)
        },
      ),
      { numRuns: 500 },
    ))

  it('is what it was when a program with timeouts, failures and forgotten waits has ended', async () => {
    const before = cancelledScopes
    const seen: number[] = []
    await run(
      async () => {
        await timeout(1, () => sleep(1000)).catch(() => 0)
        const scope = new CancelScope()
        const cut = scope.run(() => sleep(1000))
        const task = spawn(async () => {
          void sleep(1000).catch((error: unknown) => expect(isCancelled(error)).toBe(true))
          await new CancelScope({ shield: true }).run(() => sleep(2))
          await sleep(1000)
        })
        await sleep(1)
        task.cancel()
        seen.push(cancelledScopes - before)
        await task.settled()
        seen.push(cancelledScopes - before)
        scope.cancel()
        seen.push(cancelledScopes - before)
        await cut
      },
      { handleSignals: false },
    )
    expect([seen, cancelledScopes]).toEqual([[1, 0, 1], before])
  })
})

describe('uncancelled', () => {
  it('is false in a cancelled scope and true beside it', async () => {
    const scope = new CancelScope()
    await scope.run(() => {
      expect(isUncancelled()).toBe(true)
      scope.cancel()
      expect(isUncancelled()).toBe(false)
      return new CancelScope({ shield: true }).run(() => {
        expect(isUncancelled()).toBe(true)
      })
    })
    const other = new CancelScope()
    other.cancel()
    void other.run(() => new Promise(() => {})) // lives, cancelled, for ever
    expect(isUncancelled()).toBe(true)
  })
})
