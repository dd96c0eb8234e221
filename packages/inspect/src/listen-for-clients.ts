import { runInThisContext } from 'node:vm'
import type { Agent } from './agent/agent.ts'
import { agentExpression } from './agent/agent-source.ts'
import { outside } from './outside.ts'

/** Puts the agent into this process, and has it listen until it is disposed, or the process exits. */
export function listenForClients(folder: string | undefined): Disposable {
  const agent = runInThisContext(agentExpression()) as Agent
  const close = outside(agent.stayOpen, folder)
  process.once('exit', close)
  return {
    [Symbol.dispose]() {
      process.removeListener('exit', close)
      close()
    },
  }
}
