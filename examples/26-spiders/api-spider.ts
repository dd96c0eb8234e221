// A spider for a JSON API that has a login and answers page by page: every product with its details, checked by a schema.
import { crawl, type CrawlPage } from '@corral/crawl'
import { z } from 'zod'

const product = z.object({
  name: z.string().min(1),
  price: z.coerce.number().positive(),
  stock: z.number().int().default(0),
})
export type Product = z.output<typeof product>

interface List {
  readonly products: readonly { readonly id: number; readonly category: string }[]
  readonly next: string | null
}

/** A page of the list: what it names, and the page after it. */
function list(page: CrawlPage): void {
  const { products, next } = page.json<List>()
  for (const { id, category } of products) {
    // What is known here travels along, and is in the store: a run that is killed goes on with it.
    page.follow(`/api/products/${id}`, { handler: 'details', meta: { category } })
  }
  if (next !== null) page.follow(next, { handler: 'list', priority: 1 })
}

function details(page: CrawlPage): void {
  page.emit(page.json())
}

/** Reads all products into a store, and gives them as they come. */
export async function readProducts(site: string, store: string): Promise<Product[]> {
  const products: Product[] = []
  const spider = crawl({
    seeds: [{ url: `${site}/api/products?page=1`, handler: 'list' }],
    store,
    // At the beginning of every run; neither the password nor the token is stored anywhere.
    async login(fetch) {
      const json = { user: 'reader', password: 'secret' }
      const answer = await fetch(`${site}/api/login`, { json })
      return { headers: { authorization: `Bearer ${answer.json<{ token: string }>().token}` } }
    },
    handlers: { list, details },
    itemSchema: product,
    pipeline: [(item) => (item.stock > 0 ? item : undefined)], // what is sold out is left out
    limits: { concurrencyPerHost: 4 },
  })
  for await (const item of spider.items()) products.push(item)
  return products
}
