// Scraping: pages of a shop, three at a time, with retries and a time for each, into a database.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { openSqlite, sql } from '@corral/db'
import type { Database } from '@corral/db'
import { HttpSession } from '@corral/http'
import { Event, exponential, mapConcurrent, retry, run, timeout, TimeoutError } from 'corral'

/** The shop: one of its pages fails the first time, one never answers. */
function openShop() {
  const products = ['Pen', 'Ink', 'Cup', 'Lamp', 'Desk', 'Chair']
  let failed = false
  return createServer((request, response) => {
    const number = Number(request.url?.slice(1))
    if (number === 0) {
      response.end(products.map((name, i) => `<a href="/${i + 1}">${name}</a>`).join(''))
    } else if (number === 2 && !failed) {
      failed = true
      response.writeHead(503).end()
    } else if (number !== 4) {
      response.end(`<h1>${products[number - 1]}</h1><b>${number * 10} EUR</b>`)
    }
  })
}

const links = (page: string): string[] => [...page.matchAll(/href="([^"]+)"/g)].map(([, to]) => to!)

async function read(session: HttpSession, url: string): Promise<string> {
  const response = await session.get(url)
  if (response.status !== 200) throw new Error(`status ${response.status}`)
  return await response.text()
}

async function product(session: HttpSession, url: string): Promise<[string, number] | undefined> {
  const path = new URL(url).pathname
  try {
    // The time is for all attempts; the connection is closed when it is up.
    const page = await timeout(2000, () =>
      retry(() => read(session, url), {
        attempts: 3,
        backoff: exponential({ base: 10 }),
        onRetry: (error) => console.log(`${path}: ${(error as Error).message}, once more`),
      }),
    )
    const [, name = '', price] = /<h1>(.*?)<\/h1><b>(\d+)/.exec(page) ?? []
    return [name, Number(price)]
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error
    console.log(`${path}: no answer in time`)
    return undefined
  }
}

async function scrape(base: string, db: Database): Promise<void> {
  await db.execute(sql`create table product (name text primary key, price integer)`)
  await using session = new HttpSession()
  const urls = links(await read(session, `${base}/0`)).map((to) => base + to)
  await mapConcurrent(
    urls,
    async (url) => {
      const found = await product(session, url)
      if (found === undefined) return
      await db.execute(sql`insert into product values ${sql.values([found])}`)
    },
    { concurrency: 3 },
  )
  const products = sql`select name, price from product order by price desc`
  for (const { name, price } of await db.query<{ name: string; price: number }>(products)) {
    console.log(`${name}: ${price} EUR`)
  }
}

export async function main(): Promise<void> {
  await using shop = openShop()
  const listening = new Event()
  shop.listen(0, '127.0.0.1', () => listening.set())
  await listening.wait()
  await using db = await openSqlite(':memory:')
  await scrape(`http://127.0.0.1:${(shop.address() as AddressInfo).port}`, db)
  shop.closeAllConnections()
}

if (import.meta.main) await run(main)
