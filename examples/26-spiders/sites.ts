import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Event } from 'corral'

/** A shop with an API, and a forum, in one server: for the spiders to read. */
export async function openSites(): Promise<{ readonly url: string } & AsyncDisposable> {
  const server = createServer((request, response) => {
    void answer(request, response)
  })
  const listening = new Event()
  server.listen(0, '127.0.0.1', () => listening.set())
  await listening.wait()
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await server[Symbol.asyncDispose]()
    },
  }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
  let body = ''
  for await (const chunk of request) body += String(chunk)
  const page = Number(searchParams.get('page') ?? 1)
  const json = (value: unknown): unknown =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  const html = (text: string): unknown =>
    response.writeHead(200, { 'content-type': 'text/html' }).end(text)
  const refuse = (status: number): unknown => response.writeHead(status).end()

  if (pathname === '/api/login') {
    const { user, password } = JSON.parse(body) as Record<string, string>
    return void (user === 'reader' && password === 'secret' ? json({ token: 't1' }) : refuse(403))
  }
  if (pathname.startsWith('/api/')) {
    if (request.headers.authorization !== 'Bearer t1') return void refuse(401)
    const [, id] = /^\/api\/products\/(\d+)$/.exec(pathname) ?? []
    return void json(id === undefined ? products(page) : product(Number(id)))
  }
  if (pathname === '/login') {
    if (request.method !== 'POST') {
      return void html('<form method=post><input type=hidden name=token value="x1"></form>')
    }
    if (body !== 'token=x1&name=reader&password=secret') return void refuse(403)
    const headers = { location: '/board/1', 'set-cookie': 'member=reader; Path=/' }
    return void response.writeHead(303, headers).end()
  }
  if (pathname === '/robots.txt') return void refuse(404)
  if (request.headers.cookie !== 'member=reader') return void refuse(403)
  const [, board] = /^\/board\/(\d)$/.exec(pathname) ?? []
  const [, thread] = /^\/thread\/(\d+)$/.exec(pathname) ?? []
  if (board !== undefined) html(boardPage(Number(board)))
  else if (thread !== undefined) html(threadPage(Number(thread), page))
  else refuse(404)
}

/** Thirty products, ten on a page; every sixth is sold out. */
function products(page: number): unknown {
  const found = Array.from({ length: 10 }, (_, n) => ({ id: page * 10 + n - 9, category: 'tea' }))
  return { products: found, next: page < 3 ? `/api/products?page=${page + 1}` : null }
}

function product(id: number): unknown {
  return { name: `Tea ${id}`, price: `${id}.50`, stock: id % 6 }
}

/** Two boards of four threads; a thread has two pages of five posts. */
function boardPage(board: number): string {
  const threads = Array.from({ length: 4 }, (_, n) => (board - 1) * 4 + n + 1)
  const links = threads.map((n) => `<a href=/thread/${n}>Thread ${n}</a>`).join('')
  return `<h1>Board ${board}</h1>${links}<a href=/board/${3 - board}>other board</a><a href=/logout>out</a>`
}

function threadPage(thread: number, page: number): string {
  const posts = Array.from({ length: 5 }, (_, n) => page * 5 + n - 4)
  const articles = posts.map(
    (n) => `<article><b class=author>Member ${n}</b><p class=text>Post ${n} of ${thread}</article>`,
  )
  const next = page < 2 ? `<a href="/thread/${thread}?page=${page + 1}">next</a>` : ''
  return `<h1>Thread ${thread}</h1>${articles.join('')}${next}`
}
