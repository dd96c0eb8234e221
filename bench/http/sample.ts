// node sample.ts bare|session <base>: 2 000 GETs at concurrency 100, some rounds to warm up and some that count.
import { Agent, request } from 'undici'
import { HttpSession } from '@corral/http'

const [, , name, base = ''] = process.argv
const requests = 2000
const concurrency = 100
const rounds = { warm: 3, counted: 7 }

async function round(get: (url: string) => Promise<string>): Promise<void> {
  let next = 0
  let bytes = 0
  const worker = async (): Promise<void> => {
    while (next < requests) {
      const text = await get(`${base}${next++}`)
      bytes += text.length
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  if (bytes < requests * 1000) throw new Error(`only ${bytes} bytes came`)
}

async function measure(get: (url: string) => Promise<string>): Promise<void> {
  const rates: number[] = []
  let cpu = process.cpuUsage()
  for (let i = 0; i < rounds.warm + rounds.counted; i++) {
    if (i === rounds.warm) cpu = process.cpuUsage()
    const started = performance.now()
    await round(get)
    if (i >= rounds.warm) rates.push((requests / (performance.now() - started)) * 1000)
  }
  const { user, system } = process.cpuUsage(cpu)
  const micros = (user + system) / (requests * rounds.counted)
  const rate = rates.toSorted((a, b) => a - b)[rates.length >> 1]
  console.log(JSON.stringify({ rate, micros }))
}

if (name === 'bare') {
  const dispatcher = new Agent({ connections: concurrency })
  await measure(async (url) => (await request(url, { dispatcher })).body.text())
  await dispatcher.close()
} else {
  await using session = new HttpSession({ limit: concurrency })
  await measure(async (url) => (await session.get(url)).text())
}
