// A spider for a forum whose members sign in by a form: boards, their threads page by page, and every post in them.
import { crawl, list, record, required, text, type CrawlPage } from '@corral/crawl'

export interface Post {
  readonly thread: string
  readonly author: string
  readonly text: string
}

const post = record({ author: required(text('.author')), text: required(text('.text')) })

/** A board: its threads, and further pages of it. */
function board(page: CrawlPage): void {
  for (const { url } of page.links) {
    if (/\/thread\/\d+$/.test(url)) page.follow(url, { handler: 'thread' })
    else if (url.includes('/board/')) page.follow(url, { handler: 'board' })
  }
}

function thread(page: CrawlPage): void {
  const title = page.extract(required(text('h1'))) ?? ''
  for (const found of page.extract(list('article', post)) ?? []) {
    page.emit({ thread: title, ...found } satisfies Post)
  }
  const next = page.links.find(({ url }) => /\/thread\/\d+\?page=\d+$/.test(url))
  if (next !== undefined) page.follow(next.url, { handler: 'thread' })
}

/** Reads every post into a store, politely, and gives how many there are. */
export async function readForum(site: string, store: string): Promise<number> {
  let posts = 0
  const spider = crawl<unknown, Post>({
    seeds: [{ url: `${site}/board/1`, handler: 'board' }],
    store,
    cookies: true,
    async login(fetch) {
      // The form has a token that must come back.
      const form = (await fetch(`${site}/login`)).text()
      const token = /name=token value="(\w+)"/.exec(form)?.[1] ?? ''
      const answer = await fetch(`${site}/login`, {
        method: 'POST',
        form: { token, name: 'reader', password: 'secret' },
      })
      if (answer.status !== 303) throw new Error(`the forum says ${answer.status} to the login`)
    },
    followKinds: [], // only what the handlers follow
    handlers: { board, thread },
    limits: { concurrencyPerHost: 2, delay: 5 },
  })
  for await (const _ of spider.items()) posts++
  return posts
}
