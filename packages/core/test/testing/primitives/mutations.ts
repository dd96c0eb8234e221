import { channelMutations } from './channel-mutations.ts'
import { flowMutations } from './flow-mutations.ts'
import { kernelMutations } from './kernel-mutations.ts'
import { syncMutations } from './sync-mutations.ts'

/** One way to break a primitive: what, where below `src`, and which text becomes which. */
export type Mutation = readonly [what: string, file: string, from: string, to: string]

/** The mistakes that are made in such code: dropped wake, wrong order, missing unlink, double grant, ... */
export const mutations: readonly Mutation[] = [
  ...kernelMutations,
  ...syncMutations,
  ...channelMutations,
  ...flowMutations,
]
