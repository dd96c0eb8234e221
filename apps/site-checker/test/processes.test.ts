import { openTestPostgres } from '@corral/db/testing'
import { openWebSocket } from '@corral/ws'
import { run, sleep } from 'corral'
import { describe, expect, it } from 'vitest'
import { clientOf } from './client-of.ts'
import { startChecker } from './start-checker.ts'
import { added, checked, until } from './checks.ts'
import { openSite, slowPages } from './site.ts'
import { temporaryFolder } from './temporary-folder.ts'

describe('the site checker as several processes on PostgreSQL', () => {
  it(
    'goes on with a check when its worker is killed, and when the database is started again',
    () =>
      run(
        async () => {
          await using server = await openTestPostgres()
          await using site = await openSite(slowPages(150, 50))
          const env = {
            DATA_DIR: temporaryFolder(),
            DATABASE_URL: server.url,
            PRIVATE_SITES: site.url,
          }
          const api = await startChecker(env, 'api')
          const workers = [await startChecker(env, 'worker')]
          const ask = clientOf(api.url)
          const id = await added(ask, site.url)

          const headers = { authorization: 'Bearer ann-has-this-token' }
          const live = `${api.url.replace('http', 'ws')}/api/live`
          await using watching = await openWebSocket(live, { headers })
          await ask('POST', `sites/${id}/checks`)
          const news = JSON.parse(String(await watching.receiveNext())) as { site: string }
          expect(news.site).toBe(id)

          await until(async () => site.asked > 30)
          const answer = site.hold()
          workers.push(await startChecker(env, 'worker'))
          workers[0]?.kill('SIGKILL')
          await workers[0]?.ended
          const killedAt = site.asked
          answer()
          await until(async () => site.asked > killedAt + 10)
          const answerAgain = site.hold()
          await server.stop()
          await sleep(500)
          await server.start()
          answerAgain()
          const { check } = await checked(ask, id)
          expect(check.pages).toBe(151)
          expect(site.asked).toBeLessThan(152 + 3 * 8) // those in flight at the two ends, and robots.txt
          for (const process of [api, workers[1]]) {
            process?.kill('SIGTERM')
            expect(await process?.ended).toBe(0)
          }
        },
        { handleSignals: false },
      ),
    180_000,
  )
})
