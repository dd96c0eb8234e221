import { gather } from '../../../src/index.ts'
import { failpoint } from '../../../src/testing.ts'
import type { Planted } from './planted.ts'

interface Node {
  readonly name: string
  next: Node | undefined
  inUse: boolean
}

export const aba: Planted = {
  what: 'a free list whose top was taken, used and put back looks unchanged to who compares it',
  needs: 1,
  program: (mended) => async () => {
    const second: Node = { name: 'second', next: undefined, inUse: false }
    const first: Node = { name: 'first', next: second, inUse: false }
    let top: Node | undefined = first
    let version = 0
    const compareAndSet = async (
      seen: Node,
      at: number,
      next: Node | undefined,
    ): Promise<boolean> => {
      await failpoint('cas')
      if (top !== seen || (mended && version !== at)) return false
      top = next
      version += 1
      return true
    }
    const take = async (): Promise<Node | undefined> => {
      for (;;) {
        const [seen, at]: [Node | undefined, number] = [top, version]
        if (seen === undefined) return undefined
        if (!(await compareAndSet(seen, at, seen.next))) continue
        if (seen.inUse) throw new Error(`${seen.name} is in use already`)
        seen.inUse = true
        return seen
      }
    }
    const giveBack = async (node: Node): Promise<void> => {
      node.inUse = false
      node.next = top
      top = node
      version += 1
    }
    await gather({
      slow: async () => {
        await take()
        await take()
      },
      busy: async () => {
        for (const step of ['frame.read', 'frame.parse', 'route', 'auth']) await failpoint(step)
        const one = await take()
        await take()
        if (one !== undefined) await giveBack(one)
      },
    })
  },
}
