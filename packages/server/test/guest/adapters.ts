import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline, Readable } from 'node:stream'
import { serve } from '@hono/node-server'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import type { HTTPException } from 'hono/http-exception'
import { currentSignal } from 'corral'
import { scoped } from '../../src/express.ts'
import { requestScopes } from '../../src/fastify.ts'
import { requestScope } from '../../src/hono.ts'
import { api, openServer, reply } from '../../src/index.ts'
import { openRequestScopes } from '../../src/node.ts'
import type { RequestScopesOptions } from '../../src/node.ts'

/** What each application does, whatever framework it is written with. */
export interface Behaviour {
  /** GET /wait, and GET /late with 50 ms. */
  wait(): Promise<void>
  /** GET /stream */
  pieces(): AsyncIterable<string>
}

export interface Running extends AsyncDisposable {
  readonly url: string
  drain(): Promise<void>
}

export type Options = RequestScopesOptions

/** One way to have a request as a scope. */
export type Adapter = (behaviour: Behaviour, options: Options) => Promise<Running>

const LATE = { timeout: 50 }

async function listening(server: HttpServer): Promise<string> {
  if (!server.listening) await once(server, 'listening', { signal: currentSignal() })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function closed(server: HttpServer): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.close(() => resolve())
  server.closeAllConnections()
  return promise
}

export const adapters: Readonly<Record<string, Adapter>> = {
  async api({ wait, pieces }, options) {
    const app = api()
    app.get('/ok', () => 'ok').post('/ok', () => 'ok')
    app.get('/wait', wait).get('/late', wait, LATE)
    app.get('/throw', () => Promise.reject(new Error('a mistake')))
    app.get('/stream', () => reply(pieces()))
    const server = await openServer(app, { port: 0, host: '127.0.0.1', linger: 0, ...options })
    return server
  },

  async 'node:http'({ wait, pieces }, options) {
    const scopes = await openRequestScopes(options)
    const late = scopes.listener(wait, LATE)
    const others = scopes.listener(async ({ url }, response) => {
      if (url === '/wait') await wait()
      if (url === '/throw') throw new Error('a mistake')
      if (url === '/stream') pipeline(pieces(), response, () => {})
      else response.end('ok')
    })
    const server = createServer((request, response) =>
      request.url === '/late' ? late(request, response) : others(request, response),
    )
    const url = await listening(server.listen(0, '127.0.0.1'))
    return {
      url,
      drain: () => scopes.drain(),
      async [Symbol.asyncDispose]() {
        await scopes[Symbol.asyncDispose]()
        await closed(server)
      },
    }
  },

  async express({ wait, pieces }, options) {
    const scopes = await openRequestScopes(options)
    const app = express()
    const ok = scoped(scopes, (_request: express.Request, response: express.Response) =>
      response.send('ok'),
    )
    app.get('/ok', ok).post('/ok', ok)
    app.get('/wait', scoped(scopes, wait))
    app.get('/late', scoped(scopes, wait, LATE))
    app.get(
      '/throw',
      scoped(scopes, () => Promise.reject(new Error('a mistake'))),
    )
    app.get(
      '/stream',
      scoped(scopes, (_request: express.Request, response: express.Response) => {
        pipeline(pieces(), response, () => {})
      }),
    )
    const refuse: express.ErrorRequestHandler = (
      error: { statusCode?: number },
      _,
      response,
      next,
    ) => (response.headersSent ? next(error) : response.status(error.statusCode ?? 500).send('no'))
    app.use(refuse)
    const server = app.listen(0, '127.0.0.1')
    return {
      url: await listening(server),
      drain: () => scopes.drain(),
      async [Symbol.asyncDispose]() {
        await scopes[Symbol.asyncDispose]()
        await closed(server)
      },
    }
  },

  async fastify({ wait, pieces }, options) {
    const app = fastify({ forceCloseConnections: true })
    await app.register(requestScopes, options)
    app.get('/ok', () => 'ok')
    app.post('/ok', () => 'ok')
    app.get('/wait', wait)
    app.get('/late', { config: { scope: LATE } }, wait)
    app.get('/throw', () => Promise.reject(new Error('a mistake')))
    app.get('/stream', (_request, reply) => reply.send(Readable.from(pieces())))
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    return {
      url,
      drain: () => app.close(),
      async [Symbol.asyncDispose]() {
        await app.close()
      },
    }
  },

  async hono({ wait, pieces }, options) {
    const scopes = await openRequestScopes(options)
    const app = new Hono()
    const waits = async (): Promise<Response> => {
      await wait()
      return new Response('ok')
    }
    app.use('/late', requestScope(scopes, LATE))
    app.get('/late', waits)
    app.use(requestScope(scopes))
    app.on(['GET', 'POST'], '/ok', (c) => c.text('ok'))
    app.get('/wait', waits)
    app.get('/throw', () => Promise.reject(new Error('a mistake')))
    app.get('/stream', () => new Response(Readable.toWeb(Readable.from(pieces())) as never))
    app.onError((error, c) =>
      'getResponse' in error ? (error as HTTPException).getResponse() : c.text('no', 500),
    )
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as HttpServer
    return {
      url: await listening(server),
      drain: () => scopes.drain(),
      async [Symbol.asyncDispose]() {
        await scopes[Symbol.asyncDispose]()
        await closed(server)
      },
    }
  },
}
