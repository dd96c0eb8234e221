// The chat in a terminal: `npx node --conditions=@corral/source examples/14-chat/terminal.ts ws://127.0.0.1:8014 ann`.
// Ctrl-D leaves.
import { createInterface } from 'node:readline'
import { openWebSocket } from '@corral/ws'
import { run, spawn } from 'corral'
import type { Line } from './main.ts'

async function main(): Promise<void> {
  const [, , url = 'ws://127.0.0.1:8014', name = 'somebody'] = process.argv
  const address = `${url}/chat?name=${encodeURIComponent(name)}`
  await using live = await openWebSocket(address, { resume: true })
  spawn(async () => {
    for await (const event of live) {
      if (event.kind !== 'message') {
        if (event.kind === 'gap' || event.recovered === false) console.log('* messages are missing')
        continue
      }
      const { from, text } = event.data as Line
      console.log(from === undefined ? `* ${text}` : `${from}: ${text}`)
    }
  })
  const lines = createInterface({ input: process.stdin })
  for await (const text of lines) await live.request(text)
}

if (import.meta.main) await run(main)
