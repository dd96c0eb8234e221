import { nameStem } from '../name-stem.ts'
import { agent } from './agent.ts'
import type { AgentParts } from './agent.ts'
import { cpuSampler } from './cpu-sampler.ts'
import { cutName } from './cut-name.ts'
import { eventTap } from './event-tap.ts'
import { groupTable } from './group-table.ts'
import { insideOf } from './inside-of.ts'
import { nextChildren } from './next-children.ts'
import { probeStack } from './probe-stack.ts'
import { pulseMeter } from './pulse.ts'
import { resourceTable } from './resource-table.ts'
import { serveClient } from './serve-client.ts'
import { treeReader } from './tree-reader.ts'

const parts: AgentParts = {
  cutName,
  nameStem,
  groupTable,
  insideOf,
  nextChildren,
  resourceTable,
  treeReader,
  probeStack,
  eventTap,
  cpuSampler,
  pulseMeter,
  serveClient,
}

/** The agent that is there, in an expression. */
export const agentKey = `globalThis[Symbol.for('corral.inspect')]`

/** A program that evaluates to the agent in the process in which it runs; the one that is there, if there is one. */
export function agentExpression(): string {
  const members = Object.entries({ ...parts, agent }).map(([name, fn]) => `${name}: ${String(fn)}`)
  const source = `(function (target) { const parts = {${members.join(',\n')}}; return parts.agent(parts, target) })`
  const file = JSON.stringify({ filename: 'corral-agent' })
  return `(() => {
  const there = ${agentKey}
  if (there?.protocol === 1) return there
  if (typeof globalThis.process?.getBuiltinModule !== 'function') throw new Error('its runtime is too old')
  const vm = process.getBuiltinModule('node:vm')
  return vm.runInNewContext(${JSON.stringify(source)}, Object.create(null), ${file})(globalThis)
})()`
}
