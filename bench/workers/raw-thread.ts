// The thread of the floor: no pool, no errors, no cancellation.
import { parentPort } from 'node:worker_threads'
import { add } from './add.ts'

parentPort?.on('message', ({ id, args }: { id: number; args: [number, number] }) => {
  parentPort?.postMessage({ id, value: add(args) })
})
