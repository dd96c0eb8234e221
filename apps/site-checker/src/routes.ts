import { DatabaseError } from '@corral/db'
import { api, HttpProblem, json, reply } from '@corral/server'
import type { Api, Middleware } from '@corral/server'
import { readPage } from '@corral/web'
import { z } from 'zod'
import type { Checker } from './checker.ts'
import type { Config } from './config.ts'
import { toCsv } from './csv.ts'
import { findingKinds } from './findings.ts'
import type { LiveFeed } from './live-feed.ts'
import type { Login } from './login.ts'
import type { Sites } from './sites.ts'

const page = readPage(new URL('../page.html', import.meta.url))

const webUrl = z.url({ protocol: /^https?$/, hostname: /./ }).max(2000)
const newSite = z.object({
  url: webUrl,
  schedule: z.enum(['hourly', 'nightly', 'weekly']).nullable().default(null),
  webhook: webUrl.nullable().default(null),
})
const id = z.object({ id: z.string().max(100) })
const filter = z.object({
  kind: z.enum(findingKinds).optional(),
  change: z.enum(['appeared', 'stayed', 'mended']).optional(),
  text: z.string().max(200).optional(),
})

export interface Parts {
  readonly config: Config
  readonly sites: Sites
  readonly checker: Checker
  readonly login: Login
  readonly live: LiveFeed
}

/** The API and the page. */
export function routes({ config, sites, checker, login, live }: Parts): Api {
  const app = api({ title: 'Site checker', version: '1' })
  app.use(withDatabase)
  app.use(onlyJson)
  app.use(login.middleware)

  app.post(
    '/api/login',
    ({ body: { token } }) => {
      const { user, cookie } = login.logIn(token)
      return json({ user }, { headers: { 'set-cookie': cookie } })
    },
    { body: z.object({ token: z.string().max(1000) }) },
  )
  app.post('/api/logout', () =>
    reply(undefined, { status: 204, headers: { 'set-cookie': login.logOut() } }),
  )
  app.get('/api/me', () => ({ user: login.user, maxSites: config.maxSites }))

  app.get('/api/sites', async () => {
    const list = await sites.list(login.user)
    return Promise.all(
      list.map(async (site) => ({
        ...site,
        running: await checker.running(site),
        last: (await sites.history(site.id, 1))[0] ?? null,
      })),
    )
  })
  app.post(
    '/api/sites',
    async ({ body }) => {
      const site = await checker.add({ ...body, owner: login.user })
      return json(site, { status: 201 })
    },
    { body: newSite },
  )
  app.delete(
    '/api/sites/:id',
    async ({ params }) => checker.remove(await sites.get(login.user, params.id)),
    { params: id },
  )
  app.get(
    '/api/sites/:id/checks',
    async ({ params }) => sites.history((await sites.get(login.user, params.id)).id),
    { params: id },
  )
  app.post(
    '/api/sites/:id/checks',
    async ({ params }) =>
      json(await checker.start(await sites.get(login.user, params.id)), { status: 202 }),
    { params: id },
  )
  app.delete(
    '/api/sites/:id/checks/running',
    async ({ params }) => checker.cancel(await sites.get(login.user, params.id)),
    { params: id },
  )
  app.get(
    '/api/checks/:id/findings',
    async ({ params, query }) => {
      const check = await sites.check(login.user, params.id)
      const found = []
      for await (const row of sites.findings(check.id, query)) {
        found.push({ ...row, linked_from: row.linked_from.split('\n').filter(Boolean) })
        if (found.length === 1000) break // the page shows as many; the export has all
      }
      return { check, findings: found }
    },
    { params: id, query: filter },
  )
  app.get(
    '/api/checks/:id/findings.csv',
    async ({ params, query }) => {
      const check = await sites.check(login.user, params.id)
      const headers = {
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': `attachment; filename="check-${check.id}.csv"`,
      }
      return reply(toCsv(sites.findings(check.id, query)), { headers })
    },
    { params: id, query: filter },
  )
  app.upgrade('/api/live', live.acceptor)
  app.get('/', () => reply(page.html, { headers: page.headers }))
  return app
}

/** Where the database does not answer, it is worth asking again. */
const withDatabase: Middleware = async (_, next) => {
  try {
    return await next()
  } catch (error) {
    const isAway = error instanceof DatabaseError && error.code.startsWith('CONNECT')
    if (!isAway) throw error
    throw new HttpProblem(503, { headers: { 'retry-after': '1' }, cause: error })
  }
}

/** A form of another site changes nothing: its cookie is not sent, and it has no JSON. */
const onlyJson: Middleware = (request, next) => {
  const type = String(request.headers['content-type'] ?? '')
  if (request.method === 'POST' && type !== '' && !type.startsWith('application/json')) {
    throw new HttpProblem(415, { detail: 'send application/json' })
  }
  return next()
}
