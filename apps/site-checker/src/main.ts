import { publicAddresses, startDemoSite } from '@corral/crawl'
import { openPostgres, openSqlite } from '@corral/db'
import type { Database } from '@corral/db'
import { HttpSession } from '@corral/http'
import { inspect } from '@corral/inspect'
import { openJobs, postgresStore, sqliteStore } from '@corral/jobs'
import type { WorkEvent } from '@corral/jobs'
import { serve } from '@corral/server'
import { run, taskGroup } from 'corral'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkSite } from './check-site.ts'
import { Checker } from './checker.ts'
import { configOf, SettingError } from './config.ts'
import type { Config } from './config.ts'
import { LiveFeed } from './live-feed.ts'
import { Login } from './login.ts'
import { routes } from './routes.ts'
import { Sites } from './sites.ts'
import { migrations } from './tables.ts'
import { webhookJob } from './webhook.ts'

const roles = ['all', 'api', 'worker'] as const
type Role = (typeof roles)[number]

/** Longer than anything that a drain waits for. */
const GRACE = 30_000

/** Serves, works, or both, until it is asked to stop; then what was begun is finished or given back. */
export async function siteChecker(
  config: Config,
  role: Role,
  onReady: (url?: string) => void,
): Promise<void> {
  await mkdir(config.dataDir, { recursive: true })
  await using db = await openDatabase(config)
  await db.migrate(migrations)
  const { databaseUrl: url } = config
  await using jobs = await openJobs(
    url === undefined ? sqliteStore(db) : postgresStore(db, { url }),
  )
  await using session = new HttpSession({
    connect: { allowAddress: publicAddresses(config.privateSites) },
  })
  const sites = new Sites(db)
  const webhook = webhookJob(session)
  const check = checkSite({
    config,
    db,
    sites,
    tell: (news, tx) => jobs.add(webhook, news, { tx }),
  })
  const checker = new Checker(config, sites, jobs, check)
  const login = new Login(config)
  const live = new LiveFeed(login)
  await taskGroup(async (group) => {
    if (role !== 'api') {
      // A check that is given back goes on where it stood: there is nothing to wait for.
      const options = { concurrency: 8, grace: 2000, onEvent: log }
      group.spawn(() => jobs.work([check, webhook], options), { name: 'work' })
    }
    if (role === 'worker') {
      onReady()
      return
    }
    const feed = group.spawn(() => live.follow(jobs, sites), { name: 'live feed' })
    await serve(routes({ config, sites, checker, login, live }), {
      host: config.host,
      port: config.port,
      trustedProxies: config.proxies,
      grace: 20_000,
      onListening: onReady,
    })
    feed.cancel()
  })
}

function openDatabase({ databaseUrl, dataDir }: Config): Promise<Database> {
  if (databaseUrl !== undefined) {
    return openPostgres(databaseUrl, { applicationName: 'site-checker' })
  }
  return openSqlite(join(dataDir, 'site-checker.db'))
}

async function main(): Promise<void> {
  const [role = 'all', ...rest] = process.argv.slice(2)
  if (role === '--demo' && rest.length === 0) return demo()
  if (!isRole(role) || rest.length > 0) {
    throw new SettingError(
      `usage: main.ts [${roles.join(' | ')} | --demo], got ${role} ${rest.join(' ')}`,
    )
  }
  const config = configOf(process.env)
  await using _looking = inspect({})
  await siteChecker(config, role, (url) => console.log(greeting(url, config)))
}

/** The demo: everything in a folder that is gone afterwards, and a site of this machine to check. */
async function demo(): Promise<void> {
  await using site = await startDemoSite()
  const dataDir = await mkdtemp(join(tmpdir(), 'site-checker-'))
  try {
    const env = { ...process.env, DATA_DIR: dataDir, PRIVATE_SITES: site.url, SLOW_AFTER: '200' }
    const config = configOf(env)
    await siteChecker(config, 'all', (url) => {
      console.log(`${greeting(url, config)}\nA site to check, on this machine: ${site.url}`)
    })
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** Failures; what goes well is in the store. */
function log(event: WorkEvent): void {
  if (event.type === 'trouble') console.error('site-checker: the store of jobs:', event.error)
  if (event.type === 'lost') {
    console.error(`site-checker: ${event.kind} ${event.id} is another's now`)
  }
  if (event.type !== 'failed' && event.type !== 'retries') return
  const { kind, id, failure } = event
  console.error(`site-checker: ${kind} ${id}, attempt ${failure.attempt}: ${failure.message}`)
}

function greeting(url: string | undefined, { madeToken }: Config): string {
  if (url === undefined) return 'site-checker works'
  if (madeToken === undefined) return `site-checker listens at ${url}`
  return `Open ${url}/#token=${madeToken} (set TOKENS for users of your own)`
}

/** The address that was set cannot be listened on. */
const isTaken = (error: unknown): error is Error =>
  error instanceof Error && 'syscall' in error && error.syscall === 'listen'

const isRole = (role: string): role is Role => (roles as readonly string[]).includes(role)

if (import.meta.main) {
  try {
    await run(main, { grace: GRACE })
  } catch (error) {
    if (!(error instanceof SettingError || isTaken(error))) throw error
    const advice = isTaken(error) ? '; set PORT or HOST to another' : ''
    console.error(`site-checker: ${error.message}${advice}`)
    process.exitCode = 1
  }
}
