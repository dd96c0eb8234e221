import { HttpProblem, setCookie } from '@corral/server'
import type { ApiRequest, Middleware } from '@corral/server'
import { TaskLocal } from 'corral'
import { hashOf } from './config.ts'
import type { Config } from './config.ts'

const COOKIE = 'site-checker'
const MONTH = 30 * 24 * 3600_000

/** Who asks: known by a token, which programs send in a header and the page in a cookie that no script can read. */
export class Login {
  readonly #config: Config
  readonly #user = new TaskLocal('nobody')

  constructor(config: Config) {
    this.#config = config
  }

  /** Who sent the request that is being answered. */
  get user(): string {
    return this.#user.get()
  }

  /** Answers what is below `/api/` to those who are logged in, and to no other. */
  readonly middleware: Middleware = (request, next) => {
    if (!request.path.startsWith('/api/') || request.path === '/api/login') return next()
    const user = this.#userOf(bearerOf(request.headers) ?? request.cookies[COOKIE])
    if (user === undefined) throw new HttpProblem(401, { detail: 'log in with a token first' })
    return this.#user.run(user, next)
  }

  /** @throws HttpProblem 401 */
  logIn(token: string): { readonly user: string; readonly cookie: string } {
    const user = this.#userOf(token)
    if (user === undefined) throw new HttpProblem(401, { detail: 'nobody has this token' })
    return { user, cookie: this.#cookie(token, MONTH) }
  }

  logOut(): string {
    return this.#cookie('', 0)
  }

  #cookie(token: string, maxAge: number): string {
    const { secure } = this.#config
    return setCookie(COOKIE, token, { maxAge, sameSite: 'strict', secure })
  }

  #userOf(token: string | undefined): string | undefined {
    return token === undefined ? undefined : this.#config.users.get(hashOf(token))
  }
}

function bearerOf(headers: ApiRequest['headers']): string | undefined {
  return /^Bearer (\S+)$/.exec(String(headers['authorization'] ?? ''))?.[1]
}
