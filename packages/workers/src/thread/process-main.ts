// What a pool's process runs. It is the leader of a group, and goes with all of it when the pool's program is gone.
import { encodeError } from '../wire/encode-error.ts'
import { FileMarks } from '../wire/file-marks.ts'
import { Said } from '../wire/messages.ts'
import type { FromProcess, ProcessData, ToThread } from '../wire/messages.ts'
import { currentJob } from './current-job.ts'
import { serveJobs } from './serve-jobs.ts'

/** Where `ProcessCarrier` puts the file of the marks. */
const MARKS = 4

const [, , data = ''] = process.argv
const { url, name, context } = JSON.parse(data) as ProcessData
process.argv.splice(2)
process.title = name
const parent = process.ppid

function leave(): void {
  if (process.platform !== 'win32') process.kill(-process.pid, 'SIGKILL')
  process.exit()
}

const marks = new FileMarks(MARKS, 1, () => {
  if (process.ppid !== parent) leave() // a loop does not hear that the channel was closed
})

function send(message: FromProcess, sent: () => void = () => {}): void {
  if (process.connected) process.send?.(message, undefined, undefined, sent)
}

process.on('disconnect', leave)
process.on('uncaughtException', (error) => {
  // One who handles these himself is left alone, as in a thread.
  if (process.listenerCount('uncaughtException') > 1) return
  send([Said.CRASHED, encodeError(error)], () => process.exit(1))
})

await serveJobs(url, context, {
  marks,
  post: (message) => send(message),
  listen: (handle) => void process.on('message', (message) => handle(message as ToThread)),
  hurry: () => currentJob()?.cancel(marks.reason()),
})
