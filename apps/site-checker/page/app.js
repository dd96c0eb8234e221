const byId = (id) => document.getElementById(id)
const [sitesBody] = byId('sites').tBodies
const [findingsBody] = byId('findings').tBodies
const when = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const named = { redirects: 'redirects in a row', untitled: 'without a title' }

let sites = []
/** Which site's report is shown, and its checks, the newest first. */
let chosen
let checks = []

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties)
  made.append(...children)
  return made
}

/** Asks the API: gives its JSON, or throws what it says; without a login the form comes. */
async function ask(method, path, body) {
  const init = { method, headers: { 'content-type': 'application/json' } }
  if (body !== undefined) init.body = JSON.stringify(body)
  const answer = await fetch(`api/${path}`, init)
  if (answer.status === 204) return undefined
  const value = await answer.json()
  if (answer.status === 401 && path !== 'login') show(false)
  if (answer.ok) return value
  const issues = (value.issues ?? []).map((issue) => issue.message).join('; ')
  throw new Error([value.detail ?? value.title, issues].filter(Boolean).join(': '))
}

/** Does what a button or a form asks for; what fails is said. */
async function act(work) {
  byId('problem').hidden = true
  try {
    await work()
  } catch (error) {
    byId('problem').textContent = error.message
    byId('problem').hidden = false
  }
}

function show(loggedIn) {
  byId('login').hidden = loggedIn
  byId('main').hidden = !loggedIn
  byId('logout').hidden = !loggedIn
  if (!loggedIn) {
    byId('user').textContent = ''
    byId('token').focus()
  }
}

async function begin() {
  const { user } = await ask('GET', 'me')
  byId('user').textContent = user
  show(true)
  listen()
  await load()
}

async function load() {
  sites = await ask('GET', 'sites')
  sites.forEach((site) => drawSite(site))
  for (const row of [...sitesBody.rows]) {
    if (!sites.some((site) => site.id === row.dataset.id)) row.remove()
  }
  if (sites.length === 0) {
    const text = 'No site yet. Add one above.'
    sitesBody.replaceChildren(element('tr', {}, element('td', { colSpan: 6, textContent: text })))
  }
  if (chosen !== undefined && !sites.some((site) => site.id === chosen)) {
    chosen = undefined
    byId('report').hidden = true
  }
}

function drawSite(site) {
  const { id, url, running, last } = site
  const row = element('tr', { className: id === chosen ? 'chosen' : '' })
  row.dataset.id = id
  const button = (text, work, label = `${text} ${url}`) =>
    element('button', { textContent: text, ariaLabel: label, onclick: () => act(work) })
  const again = async (method, path) => {
    await ask(method, path)
    await load()
  }
  const actions = running
    ? [button('Cancel', () => again('DELETE', `sites/${id}/checks/running`))]
    : [button('Check', () => again('POST', `sites/${id}/checks`))]
  if (last) actions.unshift(button('Report', () => open(id)))
  actions.push(
    button('Remove', async () => {
      if (confirm(`Remove ${url} and its history?`)) await again('DELETE', `sites/${id}`)
    }),
  )
  const changed = last ? `+${last.appeared} −${last.mended}` : ''
  row.append(
    element('td', { className: 'address', textContent: url }),
    element('td', { className: 'state', textContent: stateOf(site) }),
    element('td', { className: 'number', textContent: last?.pages ?? '' }),
    element('td', { className: 'number', textContent: last?.findings ?? '' }),
    element('td', { className: 'number', textContent: changed }),
    element('td', {}, ...actions),
  )
  const old = [...sitesBody.rows].find((other) => other.dataset.id === id)
  if (old === undefined) {
    if (sitesBody.rows[0]?.dataset.id === undefined) sitesBody.replaceChildren()
    sitesBody.append(row)
    return
  }
  const focused = [...old.querySelectorAll('button')].indexOf(document.activeElement)
  old.replaceWith(row)
  row.querySelectorAll('button')[focused]?.focus()
}

function stateOf({ running, last }) {
  if (running) {
    const { pages, queued, failed } = running.progress ?? {}
    if (pages === undefined) return running.state === 'running' ? 'begins' : 'in line'
    return `${pages} pages, ${queued} to go, ${failed} failed`
  }
  return last ? `checked ${when.format(last.ended_at)}` : 'never checked'
}

async function open(site, check) {
  chosen = site
  for (const row of sitesBody.rows) row.className = row.dataset.id === site ? 'chosen' : ''
  checks = await ask('GET', `sites/${site}/checks`)
  if (checks.length === 0) return
  const select = byId('filter').elements.check
  select.replaceChildren(
    ...checks.map(({ id, ended_at: at }) => element('option', { value: id, textContent: when.format(at) })),
  )
  if (check !== undefined) select.value = check
  byId('report').hidden = false
  const { url } = sites.find(({ id }) => id === site)
  byId('report-title').textContent = `Report of ${url}`
  await report()
}

/** Shows the findings of the check and the filters that are chosen. */
async function report() {
  const { check, kind, change, text } = byId('filter').elements
  const query = new URLSearchParams()
  if (kind.value) query.set('kind', kind.value)
  if (change.value) query.set('change', change.value)
  if (text.value) query.set('text', text.value)
  byId('export').href = `api/checks/${check.value}/findings.csv?${query}`
  const { check: shown, findings } = await ask('GET', `checks/${check.value}/findings?${query}`)
  drawHistory(shown.id)
  byId('summary').textContent =
    `${shown.pages} pages, ${shown.findings} findings, ${shown.appeared} appeared and ${shown.mended} mended since the check before. ` +
    `${findings.length === 1000 ? 'The first 1000' : findings.length} shown.`
  findingsBody.replaceChildren(
    ...findings.map((found) =>
      element(
        'tr',
        {},
        element('td', { textContent: named[found.kind] ?? found.kind }),
        element('td', { className: 'address' }, link(found.url)),
        element('td', { textContent: found.detail }),
        element('td', { className: 'address' }, ...lines(found.linked_from)),
        element('td', { className: found.change, textContent: found.change }),
      ),
    ),
  )
}

const lines = (urls) => urls.flatMap((url) => [link(url), element('br')])

function link(url) {
  if (!/^https?:/.test(url)) return url
  return element('a', { href: url, textContent: url, target: '_blank', rel: 'noreferrer' })
}

/** A bar for each check, the oldest on the left. */
function drawHistory(shown) {
  const make = (name, attributes, text = '') => {
    const made = document.createElementNS('http://www.w3.org/2000/svg', name)
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
    made.textContent = text
    return made
  }
  const bars = checks.slice(0, 60).reverse()
  const most = Math.max(1, ...bars.map(({ findings }) => findings))
  const width = Math.min(40, 600 / bars.length)
  byId('history').replaceChildren(
    make('text', { x: 0, y: 10 }, `findings, at most ${most}`),
    ...bars.map(({ id, findings, ended_at: at }, index) => {
      const height = Math.max(1, (findings / most) * 70)
      const place = { x: index * width, y: 88 - height, width: width - 2, height }
      const bar = make('rect', { ...place, class: id === shown ? 'chosen' : '' })
      bar.append(make('title', {}, `${when.format(at)}: ${findings}`))
      bar.onclick = () => act(() => open(chosen, id))
      return bar
    }),
  )
}

/** News of checks as they go on. After a cut it looks at all once more. */
let socket
function listen() {
  if (socket !== undefined) return
  const mine = new WebSocket(`${location.href.replace(/^http/, 'ws').replace(/[^/]*$/, '')}api/live`)
  socket = mine
  mine.onopen = () => {
    byId('live').className = 'running'
    byId('live').textContent = 'live'
    act(load)
  }
  mine.onmessage = ({ data }) => {
    const news = JSON.parse(data)
    const site = sites.find(({ id }) => id === news.site)
    if (site === undefined || !['ready', 'running', 'later'].includes(news.state)) {
      act(async () => {
        await load()
        if (news.site === chosen && news.state === 'done') await open(chosen)
      })
      return
    }
    site.running = { state: news.state, progress: news.progress ?? site.running?.progress }
    drawSite(site)
  }
  mine.onclose = () => {
    if (socket !== mine) return
    socket = undefined
    byId('live').className = 'lost'
    byId('live').textContent = 'connects again'
    setTimeout(listen, 500 + Math.random() * 2000)
  }
}

byId('login').onsubmit = (event) => {
  event.preventDefault()
  act(async () => {
    await ask('POST', 'login', { token: byId('token').value })
    byId('token').value = ''
    await begin()
  })
}
byId('logout').onclick = () =>
  act(async () => {
    await ask('POST', 'logout')
    const open = socket
    socket = undefined
    open?.close()
    byId('live').textContent = ''
    show(false)
  })
byId('add').onsubmit = (event) => {
  event.preventDefault()
  const { url, schedule, webhook } = byId('add').elements
  act(async () => {
    const body = { url: url.value, schedule: schedule.value || null, webhook: webhook.value || null }
    const site = await ask('POST', 'sites', body)
    byId('add').reset()
    await ask('POST', `sites/${site.id}/checks`)
    await load()
  })
}
byId('filter').onsubmit = (event) => event.preventDefault()
byId('filter').oninput = () => act(report)

// The link that the program prints has the token behind `#`, which is sent to nobody.
const [, token] = /^#token=(\S+)$/.exec(location.hash) ?? []
history.replaceState(null, '', location.pathname)
act(async () => {
  if (token !== undefined) await ask('POST', 'login', { token })
  await begin()
})
