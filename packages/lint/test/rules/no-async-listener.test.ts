import { checkRule } from './check-rule.ts'

const head = `import { sleep, taskGroup } from 'corral'`

checkRule(
  'no-async-listener',
  {
    'a listener that does not wait, or catches all that it throws': `${head}
      emitter.on('x', () => g())
      emitter.on('x', async () => g())
      emitter.on('x', async () => { try { await sleep(1) } catch (error) { log(error) } })
      emitter.on('x', async () => { await sleep(1).catch(log) })
      emitter.on('x', listener)`,
    'a task of a group': `${head}
      await taskGroup(async (group) => {
        emitter.on('x', group.callback(async () => { await sleep(1) }))
        emitter.on('x', () => void group.spawn(async () => { await sleep(1) }))
      })`,
    'a route, which is no event': `${head}
      app.on('GET', '/', async () => { await sleep(1) })
      app.get('/', async () => { await sleep(1) })
      app.on(route, async () => { await sleep(1) })`,
    'an emitter that awaits': `${head}
      import Emittery from 'emittery'
      const emitter = new Emittery()
      emitter.on('x', async () => { await sleep(1) })`,
    'a file without corral': `emitter.on('x', async () => { await g() })`,
  },
  {
    'listeners of emitters and targets, here and by name': {
      code: `${head}
        const save = async () => { await sleep(1) }
        emitter.on('x', async () => { await sleep(1) })
        emitter.once('x', async function () { for await (const y of z) g(y) })
        emitter.prependListener('x', save)
        process.on('SIGTERM', async () => { try { await g() } finally { h() } })
        button.addEventListener('click', async () => { try { await g() } catch { await h() } }, { once: true })`,
      errors: ['listener', 'listener', 'listener', 'listener', 'listener'],
    },
    'a field of a class': {
      code: `${head}
        class C { start() { this.socket.on('data', this.read) } async read() { await sleep(1) } }`,
      errors: ['listener'],
    },
  },
)
