import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** A Chromium of this machine; `CHROMIUM` names it. */
export const chromium: string | undefined = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((name) => name !== undefined && existsSync(name))

/** A page in a headless browser. */
export interface BrowserPage extends AsyncDisposable {
  evaluate<T>(expression: string): Promise<T>
  /** What the page complained about: errors of its script and its console. */
  readonly complaints: readonly string[]
  /** A picture as PNG. */
  screenshot(look: { width: number; height: number; dark?: boolean }): Promise<Buffer>
}

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: Record<string, unknown>
  readonly result?: Record<string, unknown>
  readonly error?: { readonly message: string }
}

/** Opens a URL in a browser of its own, through the DevTools protocol. */
export async function openPage(url: string): Promise<BrowserPage> {
  if (chromium === undefined) {
    throw new Error('there is no Chromium; install one or name it in CHROMIUM')
  }
  const profile = await mkdtemp(join(tmpdir(), 'corral-browser-'))
  const child = spawn(
    chromium,
    ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--hide-scrollbars']
      .concat('--disable-background-networking', '--disable-component-update', '--disable-sync')
      .concat('--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'),
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const close = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    const port = await debuggingPort(createInterface(child.stderr))
    const targets = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as {
      type: string
      webSocketDebuggerUrl: string
    }[]
    const target = targets.find(({ type }) => type === 'page')?.webSocketDebuggerUrl ?? ''
    return await attach(target, url, close)
  } catch (error) {
    await close()
    throw error
  }
}

async function debuggingPort(lines: AsyncIterable<string>): Promise<string> {
  for await (const line of lines) {
    const [, port] = /DevTools listening on ws:\/\/[^:]+:(\d+)/.exec(line) ?? []
    if (port !== undefined) return port
  }
  throw new Error('the browser ended before it was ready')
}

async function attach(
  target: string,
  url: string,
  close: () => Promise<void>,
): Promise<BrowserPage> {
  const socket = new WebSocket(target)
  const answers = new Map<number, PromiseWithResolvers<Record<string, unknown>>>()
  const complaints: string[] = []
  let last = 0
  await once(socket, 'open')
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Message
    if (message.method === 'Runtime.exceptionThrown' || message.method === 'Log.entryAdded') {
      complaints.push(JSON.stringify(message.params))
    }
    const answer = answers.get(message.id ?? -1)
    if (message.error !== undefined) answer?.reject(new Error(message.error.message))
    else answer?.resolve(message.result ?? {})
  })
  const send = (method: string, params: object = {}): Promise<Record<string, unknown>> => {
    const answer = Promise.withResolvers<Record<string, unknown>>()
    answers.set(++last, answer)
    socket.send(JSON.stringify({ id: last, method, params }))
    return answer.promise
  }
  await send('Runtime.enable')
  await send('Log.enable')
  await send('Page.enable')
  await send('Page.navigate', { url })
  return {
    complaints,
    evaluate: async <T>(expression: string) => {
      const how = { returnByValue: true, awaitPromise: true }
      const { result } = await send('Runtime.evaluate', { expression, ...how })
      return (result as { value: T }).value
    },
    screenshot: async ({ width, height, dark = false }) => {
      const value = dark ? 'dark' : 'light'
      await send('Emulation.setEmulatedMedia', {
        features: [{ name: 'prefers-color-scheme', value }],
      })
      const mobile = false
      await send('Emulation.setDeviceMetricsOverride', {
        width,
        height,
        mobile,
        deviceScaleFactor: 1,
      })
      const { data } = await send('Page.captureScreenshot', { format: 'png' })
      return Buffer.from(String(data), 'base64')
    },
    [Symbol.asyncDispose]: async () => {
      socket.close()
      await close()
    },
  }
}
