// The list of letters: filters that combine, and words found by the index of the site. Without this script the list
// reads whole. Opened from a folder, where a browser fetches nothing, words are found in mots.js instead.
const facettes = self.courtois.map(({ nom }) => nom)
const places = self.courtois.map(({ valeurs, places }) =>
  places.split(',').map((each) => each.split(' ').map((place) => valeurs[place])),
)
const form = document.getElementById('recherche')
const field = document.getElementById('q')
const status = document.getElementById('etat')
const list = document.getElementById('liste')
const results = document.getElementById('resultats')
const more = document.getElementById('suite')
const items = [...list.querySelectorAll('a[href^="courriers/"]')].map((link) => ({
  id: link.getAttribute('href').slice('courriers/'.length, -'.html'.length),
  title: link.textContent,
  item: link.closest('li'),
}))
// The list and liste.js have their letters in the same order.
const byId = new Map(items.map((each, n) => [each.id, { ...each, values: places.map((facet) => facet[n]) }]))
const fromFolder = location.protocol === 'file:'
const page = 20
let asked = 0

const chosen = () => facettes.map((name) => form.elements[name].value)
const fits = (id, wanted) => wanted.every((value, i) => value === '' || byId.get(id).values[i].includes(value))
const many = (n) => `${n} courrier${n > 1 ? 's' : ''}`

async function show() {
  const turn = ++asked
  const words = field.value.trim()
  const wanted = chosen()
  remember(words, wanted)
  list.hidden = words !== ''
  results.hidden = words === ''
  more.hidden = true
  if (words === '') return showList(wanted)
  const found = await find(words, wanted)
  // A slower answer to an older question is not shown.
  if (turn === asked) showResults(words, found)
}

function showList(wanted) {
  let n = 0
  for (const { id, item } of items) {
    item.hidden = !fits(id, wanted)
    if (!item.hidden) n++
  }
  for (const section of list.querySelectorAll('section')) section.hidden = !section.querySelector('li:not([hidden])')
  status.textContent = many(n)
}

function showResults(words, { letters, found }) {
  results.replaceChildren()
  const others = found.length - letters
  status.textContent = `${many(letters)} pour « ${words} »${others > 0 ? ` et ${others} autre${others > 1 ? 's' : ''} page${others > 1 ? 's' : ''}` : ''}`
  let from = 0
  const next = async () => {
    const some = found.slice(from, (from += page))
    const shown = await Promise.all(some.map((each) => each.read()))
    results.append(...shown.map(resultItem))
    more.hidden = from >= found.length
  }
  more.onclick = () => void next()
  void next()
}

function resultItem({ url, title, kind, excerpt }) {
  const item = document.createElement('li')
  const link = document.createElement('a')
  link.href = url
  link.textContent = title
  item.append(link)
  if (kind && kind !== 'courrier') {
    const small = document.createElement('small')
    small.textContent = ` ${kind}`
    item.append(small)
  }
  const text = document.createElement('p')
  // What was found stands between marks; all of it is text.
  for (const [i, part] of excerpt.split(/<\/?mark>/).entries()) {
    const node = document.createElement(i % 2 ? 'mark' : 'span')
    node.textContent = plain(part)
    text.append(node)
  }
  item.append(text)
  return item
}

const entities = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#x27': "'" }
const plain = (text) => text.replace(/&(#?\w+);/g, (all, name) => entities[name] ?? all)

async function find(words, wanted) {
  if (!fromFolder) {
    try {
      return await findByIndex(words, wanted)
    } catch (error) {
      console.warn('index', error)
    }
  }
  return findByWords(words, wanted)
}

let index
async function findByIndex(words, wanted) {
  index ??= import(new URL('pagefind/pagefind.js', document.baseURI).href).then(async (found) => {
    await found.options({ excerptLength: 24 })
    await found.init()
    // Until these are read, an answer does not count its pages by kind.
    await found.filters()
    return found
  })
  const filters = Object.fromEntries(facettes.map((name, i) => [name, wanted[i]]).filter(([, value]) => value !== ''))
  const answer = await (await index).search(words, { filters })
  const found = answer.results.map(({ data }) => ({
    read: async () => {
      const { url, meta, excerpt, filters: own } = await data()
      return { url, title: meta.title, kind: own.genre?.[0], excerpt }
    },
  }))
  return { letters: answer.filters.genre?.courrier ?? 0, found }
}

let wordList
async function findByWords(words, wanted) {
  wordList ??= load('mots.js').then(() => self.courtoisMots.split('\n').map((line) => line.split(' ')))
  const lines = await wordList
  let kept
  for (const word of folded(words).match(/[a-z0-9]{3,}/g) ?? []) {
    const stem = word.length > 4 ? word.replace(/[sx]$/, '') : word
    const here = new Set()
    for (const [known, ...steps] of lines) {
      if (!known.startsWith(stem)) continue
      let n = 0
      for (const step of steps) here.add((n += parseInt(step, 36)))
    }
    kept = kept ? kept.intersection(here) : here
  }
  const found = [...(kept ?? [])]
    .sort((a, b) => a - b)
    .map((n) => items[n].id)
    .filter((id) => fits(id, wanted))
    .map((id) => ({ read: () => ({ url: `courriers/${id}.html`, title: byId.get(id).title, excerpt: '' }) }))
  return { letters: found.length, found }
}

const folded = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('œ', 'oe').toLowerCase()

function load(file) {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script')
    script.src = file
    script.onload = resolve
    script.onerror = reject
    document.head.append(script)
  })
}

function remember(words, wanted) {
  if (fromFolder) return
  const query = new URLSearchParams()
  if (words) query.set('q', words)
  wanted.forEach((value, i) => value && query.set(facettes[i], value))
  history.replaceState(null, '', query.size ? `?${query}` : location.pathname)
}

let waiting
const soon = () => {
  clearTimeout(waiting)
  waiting = setTimeout(() => void show(), 120)
}

const given = new URLSearchParams(location.search)
field.value = given.get('q') ?? ''
for (const name of facettes) form.elements[name].value = given.get(name) ?? ''
document.getElementById('filtres').hidden = false
form.addEventListener('submit', (event) => {
  event.preventDefault()
  void show()
})
form.addEventListener('reset', () => setTimeout(() => void show()))
form.addEventListener('change', () => void show())
field.addEventListener('input', soon)
void show()
