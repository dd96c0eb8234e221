// What the pages share. readPage puts it in front of a page's own script: there its names are global.
export const byId = (id) => document.getElementById(id)
export const count = new Intl.NumberFormat('en')
export const put = (id, text) => {
  const found = byId(id)
  if (found.textContent !== text) found.textContent = text
}
export const rate = (value) => (value < 9.95 ? value.toFixed(1) : count.format(Math.round(value)))
export const time = (ms) =>
  ms < 1 ? '<1 ms' : ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
export function bytes(value) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let unit = 0
  while (Math.round(value) >= 1024 && unit < 4) {
    value /= 1024
    unit++
  }
  return `${value.toFixed(unit === 0 || value >= 9.95 ? 0 : 1)} ${units[unit]}`
}
const two = (value) => String(value).padStart(2, '0')
/** Hours, minutes and seconds, as on a clock. */
export function span(ms) {
  const seconds = Math.floor(ms / 1000)
  const hours = Math.floor(seconds / 3600)
  return `${hours > 0 ? `${hours}:` : ''}${hours > 0 ? two(Math.floor(seconds / 60) % 60) : Math.floor(seconds / 60)}:${two(seconds % 60)}`
}

/** Cells of a table: of text, and of what there is no room for on a small screen. */
export const left = (text, className = '') => ({
  text,
  title: text,
  className: `left ${className}`.trim(),
})
export const extra = (text, className = '') => ({ text, className: `extra ${className}`.trim() })

/** An element of SVG. */
export function svg(name, attributes = {}) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  return element
}

/**
 * Fills a table: rows are lists of cells. A cell is a text, or has `text`, a `part` of 1 to be drawn, or `buttons`, and
 * `className` and `title`. Rows that stay are kept.
 */
export function fill(table, rows, none) {
  const body = table.tBodies[0]
  while (body.rows.length > rows.length) body.deleteRow(-1)
  rows.forEach((cells, index) => {
    const row = body.rows[index] ?? body.insertRow()
    while (row.cells.length < cells.length) row.insertCell()
    while (row.cells.length > cells.length) row.deleteCell(-1)
    cells.forEach((cell, column) => {
      const {
        text = '',
        className = '',
        part,
        buttons,
        title = '',
      } = typeof cell === 'string' ? { text: cell } : cell
      const td = row.cells[column]
      if (td.colSpan !== 1) td.colSpan = 1
      if (td.className !== className) td.className = className
      if (td.title !== title) td.title = title
      if (buttons !== undefined) return fillButtons(td, buttons)
      if (part === undefined) {
        if (td.textContent !== text || td.firstElementChild !== null) td.textContent = text
        return
      }
      if (td.firstElementChild === null) td.replaceChildren(document.createElement('i'))
      const meter = td.firstElementChild
      meter.style.width = `${(part * 100).toFixed(1)}%`
      meter.style.visibility = part > 0 ? 'visible' : 'hidden'
    })
  })
  if (table.classList.contains('openable') && rows.length > 0) {
    const focused = [...body.rows].some((row) => row.tabIndex === 0)
    if (!focused) body.rows[0].tabIndex = 0
  }
  if (rows.length === 0 && none) {
    const cell = body.insertRow().insertCell()
    cell.colSpan = table.tHead?.rows[0].cells.length ?? 9
    cell.className = 'quiet'
    cell.textContent = none
  }
}

function fillButtons(cell, buttons) {
  while (cell.children.length > buttons.length) cell.lastElementChild.remove()
  buttons.forEach(({ text, title = '', disabled = false, act }, index) => {
    const button = cell.children[index] ?? cell.appendChild(document.createElement('button'))
    if (button.textContent !== text) button.textContent = text
    Object.assign(button, { title, disabled, onclick: act })
  })
}

/** Draws values over time as an area; the largest one is written at the top. */
export function chart(id, points, value, label) {
  const box = byId(id)
  if (!box.firstChild) {
    const picture = svg('svg', { viewBox: '0 0 1000 100', preserveAspectRatio: 'none' })
    for (const name of ['area', 'line']) picture.append(svg('path', { class: name }))
    box.append(picture, document.createElement('em'))
  }
  const [picture, text] = box.children
  if (points.length > 0) points = [[0, ...points[0].slice(1)], ...points]
  const most = Math.max(1, ...points.map(value))
  const last = Math.max(1, points.at(-1)?.[0] ?? 1)
  const path = points.map(
    (point) =>
      `${((point[0] / last) * 1000).toFixed(1)} ${(100 - (value(point) / most) * 84).toFixed(2)}`,
  )
  const drawn = path.length === 0 ? '' : `M${path.join('L')}`
  picture.children[0].setAttribute('d', drawn && `${drawn}L1000 100L0 100Z`)
  picture.children[1].setAttribute('d', drawn)
  text.textContent = points.length === 0 ? '' : label(most)
}

/** Shows each update of the program. One that is over closes its page's connection: what it was at its end stays. */
export function connect(show, isOver = () => false) {
  const source = new EventSource('events')
  source.addEventListener('state', ({ data }) => show(JSON.parse(data)))
  source.addEventListener('error', () => {
    if (isOver()) return
    byId('state').className = 'lost'
    put('state', 'no connection')
  })
}

/** Asks the program; gives its answer, or throws what it says. */
export async function call(name, input = {}) {
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify(input)
  const response = await fetch(`call/${name}`, { method: 'POST', headers, body })
  if (!response.ok) throw new Error((await response.text()).trim())
  return response.json()
}

const rowOf = (event) => event.target.closest('tr')

/** Makes the rows of a table openable: by a click, or with the arrow keys, Home, End and Enter. */
export function openable(table, open) {
  const body = table.tBodies[0]
  const focus = (row) => {
    if (!row) return
    for (const other of body.rows) other.tabIndex = other === row ? 0 : -1
    row.focus()
  }
  table.classList.add('openable')
  body.addEventListener('focusin', (event) => {
    for (const other of body.rows) other.tabIndex = other === rowOf(event) ? 0 : -1
  })
  body.addEventListener('click', (event) => {
    if (!event.target.closest('button')) open(rowOf(event).sectionRowIndex)
  })
  body.addEventListener('keydown', (event) => {
    if (event.target.tagName !== 'TR') return
    const row = rowOf(event)
    const to = {
      ArrowDown: row.nextElementSibling,
      ArrowUp: row.previousElementSibling,
      Home: body.rows[0],
      End: body.rows[body.rows.length - 1],
    }
    if (event.key === 'Enter') open(row.sectionRowIndex)
    else if (!Object.hasOwn(to, event.key)) return
    else focus(to[event.key])
    event.preventDefault()
  })
}
