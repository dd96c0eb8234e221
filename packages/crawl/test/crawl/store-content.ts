import { StoreReader } from '../../src/store/store-reader.ts'

/** Everything in a store that does not depend on time and chance, in order. */
export function storeContent(file: string): Record<'pages' | 'links' | 'errors', string[]> {
  using reader = new StoreReader(file)
  return {
    pages: [...reader.pages()]
      .map((row) =>
        JSON.stringify([row.url, row.status, row.title, row.depth, row.bytes, row.redirect_url]),
      )
      .toSorted(),
    links: [...reader.links()].map((row) => JSON.stringify(row)).toSorted(),
    errors: [...reader.errors()]
      .map((row) => JSON.stringify([row.url, row.kind, row.code]))
      .toSorted(),
  }
}
