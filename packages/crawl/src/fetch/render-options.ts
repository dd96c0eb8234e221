/** How pages are made what their scripts make of them. */
export interface RenderOptions {
  /** A browser of `playwright-core`, such as `await chromium.launch()` gives. It is not closed by the crawl. */
  readonly browser: RenderBrowser
  /** Pages that are open at a time. @default 4 */
  readonly pages?: number
  /** Milliseconds that scripts have after a page was loaded. @default 0 */
  readonly settle?: number
}

/** What is used of a browser. */
export interface RenderBrowser {
  newContext(options: {
    serviceWorkers?: 'block'
    acceptDownloads?: boolean
    userAgent?: string
  }): Promise<RenderContext>
}

export interface RenderContext {
  newPage(): Promise<RenderPage>
  route(url: string, handler: (route: RenderRoute) => unknown): Promise<unknown>
  close(): Promise<void>
}

export interface RenderPage {
  goto(url: string, options: { waitUntil: 'load'; timeout: number }): Promise<unknown>
  content(): Promise<string>
}

export interface RenderRoute {
  request(): RenderRequest
  fulfill(answer: { status: number; headers: Record<string, string>; body: Buffer }): Promise<void>
  abort(): Promise<void>
}

export interface RenderRequest {
  url(): string
  method(): string
  resourceType(): string
  isNavigationRequest(): boolean
  frame(): { parentFrame(): unknown }
}
