// What a pool's thread runs.
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { SharedMarks } from '../wire/marks.ts'
import type { ThreadData, ToThread } from '../wire/messages.ts'
import { serveJobs } from './serve-jobs.ts'

const port = parentPort as MessagePort
const { url, cells, context } = workerData as ThreadData

await serveJobs(url, context, {
  marks: new SharedMarks(cells),
  post: (message, transfer) => port.postMessage(message, transfer ?? []),
  listen: (handle) => void port.on('message', handle),
  hurry(handle) {
    for (let got = receiveMessageOnPort(port); got; got = receiveMessageOnPort(port)) {
      handle(got.message as ToThread)
    }
  },
})
