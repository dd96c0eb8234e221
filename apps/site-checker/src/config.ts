import { createHash, randomBytes } from 'node:crypto'

/** What the environment says; `docs` of each variable stand in the README. */
export interface Config {
  readonly host: string
  readonly port: number
  /** PostgreSQL; undefined: SQLite in `dataDir`. */
  readonly databaseUrl: string | undefined
  /** Where crawls keep their place, and SQLite its file. */
  readonly dataDir: string
  /** Names of users by the hash of their token. */
  readonly users: ReadonlyMap<string, string>
  /** Hosts and ports that may be checked though their addresses are private. */
  readonly privateSites: readonly string[]
  readonly maxSites: number
  readonly maxPages: number
  /** Milliseconds from which a page counts as slow. */
  readonly slowAfter: number
  /** Whether cookies are sent over HTTPS only. */
  readonly secure: boolean
  /** Proxies in front, which add to `x-forwarded-for`. */
  readonly proxies: number
  /** The token that was made up because none was given. */
  readonly madeToken: string | undefined
}

/** A setting, or an argument, that makes no sense. */
export class SettingError extends Error {}

/**
 * Reads the configuration.
 *
 * @throws SettingError that names the variable, its value and what it must be
 */
export function configOf(env: NodeJS.ProcessEnv): Config {
  const { HOST = '127.0.0.1', DATABASE_URL, DATA_DIR = 'site-checker-data', TOKENS } = env
  const madeToken = TOKENS === undefined ? randomBytes(16).toString('hex') : undefined
  if (madeToken !== undefined && !isLoopback(HOST)) {
    throw new SettingError(`TOKENS must be set where HOST is not loopback, got HOST=${HOST}`)
  }
  return {
    host: HOST,
    port: numberOf(env, 'PORT', 8080, 65_535),
    databaseUrl: DATABASE_URL,
    dataDir: DATA_DIR,
    users: usersOf(TOKENS ?? `admin:${madeToken}`),
    privateSites: (env['PRIVATE_SITES'] ?? '').split(',').filter((site) => site !== ''),
    maxSites: numberOf(env, 'MAX_SITES', 20, 10_000),
    maxPages: numberOf(env, 'MAX_PAGES', 2000, 1_000_000),
    slowAfter: numberOf(env, 'SLOW_AFTER', 1000, 60_000),
    secure: env['SECURE'] === '1',
    proxies: numberOf(env, 'TRUSTED_PROXIES', 0, 10),
    madeToken,
  }
}

/** What is kept of a token: nobody who reads it can log in with it. */
export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

function usersOf(tokens: string): Map<string, string> {
  const users = new Map<string, string>()
  for (const pair of tokens.split(',')) {
    const [, name, token] = /^([\w.@-]{1,64}):(\S{16,})$/.exec(pair.trim()) ?? []
    if (name === undefined || token === undefined) {
      throw new SettingError(
        'TOKENS must be name:token,name:token with tokens of 16 characters or more',
      )
    }
    users.set(hashOf(token), name)
  }
  return users
}

function numberOf(env: NodeJS.ProcessEnv, name: string, fallback: number, max: number): number {
  const text = env[name]
  if (text === undefined || text === '') return fallback
  const value = Number(text)
  if (Number.isInteger(value) && value >= 0 && value <= max) return value
  throw new SettingError(
    `${name} must be a whole number from 0 to ${max}, got ${JSON.stringify(text)}`,
  )
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}
