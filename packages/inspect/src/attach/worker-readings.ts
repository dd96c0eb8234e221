import { Future, moveOnAfter } from 'corral'
import type { Installed } from '../agent/agent.ts'
import { agentExpression } from '../agent/agent-source.ts'
import type { Hello, Reading } from '../agent/reading.ts'
import type { InspectorSession } from './inspector-session.ts'

/** A worker thread of the target. */
export interface WorkerReading {
  readonly id: string
  readonly title: string
  /** Undefined when it did not answer in time. */
  readonly hello: Hello | undefined
  readonly reading: Reading | undefined
}

/** Milliseconds that a worker has to answer. */
const patience = 2000

/** Reads the tasks of each worker thread, through the inspector of the main one. The agent there is taken away again. */
export async function readWorkers(
  session: InspectorSession,
  most: number,
): Promise<readonly WorkerReading[]> {
  const workers: { sessionId: string; id: string; title: string }[] = []
  const answers = new Map<string, Future<string | undefined>>()
  const stop = session.listen(({ method, params = {} }) => {
    const sessionId = String(params['sessionId'])
    if (method === 'NodeWorker.attachedToWorker') {
      const { workerId, title } = params['workerInfo'] as { workerId: string; title: string }
      workers.push({ sessionId, id: workerId, title })
    } else if (method === 'NodeWorker.receivedMessageFromWorker') {
      const { result } = JSON.parse(String(params['message'])) as {
        result?: { result?: { value?: string } }
      }
      const answer = answers.get(sessionId)
      if (answer?.settled === false) answer.resolve(result?.result?.value)
    }
  })
  try {
    await session.send('NodeWorker.enable', { waitForDebuggerOnStart: false })
    const found: WorkerReading[] = []
    for (const { sessionId, id, title } of workers.slice(0, mostWorkers)) {
      const answer = new Future<string | undefined>()
      answers.set(sessionId, answer)
      const expression = `(() => { const agent = ${agentExpression()}; try { return agent.survey(${most}) } finally { agent.remove() } })()`
      void session.send('NodeWorker.sendMessageToWorker', {
        sessionId,
        message: JSON.stringify({
          id: 1,
          method: 'Runtime.evaluate',
          params: { expression, returnByValue: true, silent: true },
        }),
      })
      const told = await moveOnAfter(patience, () => answer.wait())
      const text = told.timedOut ? undefined : told.value
      const survey =
        text === undefined
          ? undefined
          : (JSON.parse(text) as { hello: Installed['hello']; reading: Reading })
      found.push({ id, title, hello: survey?.hello, reading: survey?.reading })
    }
    await session.send('NodeWorker.disable')
    return found
  } finally {
    stop()
  }
}

const mostWorkers = 64
