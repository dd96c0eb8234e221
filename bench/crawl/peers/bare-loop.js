// The bare loop: undici and htmlparser2 find the pages by their links, concurrency 100; the frontier is a set in memory.
// No robots.txt, no limits, no store: what a crawl that promises nothing costs.
import { Parser } from 'htmlparser2'
import pLimit from 'p-limit'
import { Agent, request } from 'undici'
import { measured } from '../measured.js'

const [base = ''] = process.argv.slice(2)
const dispatcher = new Agent({ connections: 100 })
const limit = pLimit(100)
const seen = new Set()
let pages = 0

async function linksOf(url) {
  const links = []
  const { body } = await request(url, { dispatcher })
  const parser = new Parser({
    onopentag(name, { href }) {
      if (name === 'a' && href !== undefined) links.push(new URL(href, url).href)
    },
  })
  parser.end(await body.text())
  pages++
  return links
}

async function follow(url) {
  if (seen.has(url)) return
  seen.add(url)
  const links = await limit(linksOf, url)
  await Promise.all(links.map(follow))
}

await measured(async () => {
  await follow(`${base}/page/0.html`)
  await dispatcher.close()
  return pages
})
