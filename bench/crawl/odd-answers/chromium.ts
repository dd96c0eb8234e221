import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cancellable, currentSignal, moveOnAfter, sleep, timeout } from 'corral'

/** What a page is to a browser. */
export interface Seen {
  readonly title: string
  /** As they are, resolved. */
  readonly links: readonly string[]
}

interface Message {
  readonly id?: number
  readonly method?: string
  readonly result?: Record<string, unknown>
}

const inspect = `({ url: location.href, title: document.title, links: [...document.querySelectorAll('a, area')].flatMap((e) => {
  if (typeof e.href === 'string') return e.hasAttribute('href') ? [e.href] : []
  const given = e.getAttribute('href') ?? e.getAttribute('xlink:href')
  try { return given === null || !e.href ? [] : [new URL(given, document.baseURI).href] } catch { return [] }
}) })`

/** Debian's Chromium, without scripts: as a crawler sees the web. */
export class Chromium implements AsyncDisposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'chromium-'))
  readonly #child: ChildProcess
  readonly #replies = new Map<number, (message: Message) => void>()
  #socket: WebSocket | undefined
  #lastId = 0
  #loaded: (() => void) | undefined

  constructor(command: string) {
    const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--remote-debugging-port=0']
    this.#child = spawn(command, [...flags, `--user-data-dir=${this.#directory}`, 'about:blank'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
  }

  async open(): Promise<void> {
    const port = await timeout(60_000, () => this.#port())
    const pages = (await (
      await fetch(`http://127.0.0.1:${port}/json/list`, { signal: currentSignal() })
    ).json()) as {
      type: string
      webSocketDebuggerUrl: string
    }[]
    const page = pages.find(({ type }) => type === 'page')
    const socket = new WebSocket(page?.webSocketDebuggerUrl ?? '')
    this.#socket = socket
    await new Promise((resolve) => socket.addEventListener('open', resolve))
    socket.addEventListener('message', ({ data }) => {
      const message = JSON.parse(String(data)) as Message
      if (message.id !== undefined) this.#replies.get(message.id)?.(message)
      else if (message.method === 'Page.loadEventFired') this.#loaded?.()
    })
    for (const domain of ['Page', 'Runtime']) await this.#send(`${domain}.enable`)
    await this.#send('Emulation.setScriptExecutionDisabled', { value: true })
  }

  /** @returns what is seen of a page, or why there is none */
  async visit(url: string): Promise<Seen | string> {
    await this.#send('Page.navigate', { url: 'about:blank' })
    const loaded = new Promise<void>((resolve) => (this.#loaded = resolve))
    const { result = {} } = await this.#send('Page.navigate', { url })
    if (typeof result['errorText'] === 'string') return result['errorText'].replace('net::', '')
    await moveOnAfter(4000, () => cancellable(loaded))
    // Long enough for a refresh of half a second.
    await sleep(700)
    const found = await this.#send('Runtime.evaluate', { expression: inspect, returnByValue: true })
    const { value } = (found.result?.['result'] ?? {}) as { value?: Seen & { url: string } }
    return value === undefined || value.url.startsWith('chrome-error:') ? 'an error' : value
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket?.close()
    const gone = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.kill('SIGKILL')
    await gone
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 5 })
  }

  async #port(): Promise<string> {
    let said = ''
    for await (const text of this.#child.stderr ?? []) {
      said += String(text)
      const found = /DevTools listening on ws:\/\/[^:]+:(\d+)/.exec(said)?.[1]
      if (found !== undefined) break
    }
    this.#child.stderr?.resume()
    return /:(\d+)\/devtools/.exec(said)?.[1] ?? ''
  }

  async #send(method: string, params: object = {}): Promise<Message> {
    const id = ++this.#lastId
    const reply = new Promise<Message>((resolve) => this.#replies.set(id, resolve))
    this.#socket?.send(JSON.stringify({ id, method, params }))
    const message = await reply
    this.#replies.delete(id)
    return message
  }
}
