// The floor: bare undici fetches the list of pages, concurrency 100, and reads each body; no parsing, no store.
import { Agent, request } from 'undici'
import { measured } from './measured.js'

const [base = '', count = ''] = process.argv.slice(2)
await measured(async () => {
  const dispatcher = new Agent({ connections: 100 })
  const indices = Array.from({ length: Number(count) }, (_, index) => index).values()
  let pages = 0
  await Promise.all(
    Array.from({ length: 100 }, async () => {
      for (const index of indices) {
        const { body } = await request(`${base}/page/${index}.html`, { dispatcher })
        await body.arrayBuffer()
        pages += 1
      }
    }),
  )
  await dispatcher.close()
  return pages
})
