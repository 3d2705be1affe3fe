// Comfort only: while the page of a case is looked at, it follows what happens to the case. Everything works without.
const main = document.querySelector('main')
const place = () => main.querySelector('[data-live]')
const news = document.createElement('p')
news.setAttribute('role', 'status')
news.className = 'meta'
main.prepend(news)

let source
let loading
let told = 0
let typed = false

const isBehind = () => told > Number(place().dataset.mark)
/** Somebody writes in a form, or marks a passage: what they see stays where it is, until the next word of the server. */
const isInUse = () => typed || document.querySelector('form :focus') || getSelection()?.isCollapsed === false

async function follow(mark) {
  told = Number(mark)
  if (loading) return
  loading = new AbortController()
  const { signal } = loading
  try {
    while (isBehind() && !isInUse() && (await refresh(signal)));
  } catch (error) {
    if (!signal.aborted) console.warn(error)
  } finally {
    if (!signal.aborted) loading = undefined
  }
}

/** Puts what the page now says in its place; false where it says nothing any more, as after the session. */
async function refresh(signal) {
  const answer = await fetch(location.pathname, { signal, cache: 'no-store' })
  const next = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('main')
  if (!answer.ok || !next.querySelector('[data-live]')) return false
  if (signal.aborted || isInUse()) return false
  const [focused, opened] = [keyOf(document.activeElement), openFolds()]
  while (news.nextSibling) news.nextSibling.remove()
  main.append(...next.childNodes)
  for (const fold of main.querySelectorAll('details')) fold.open = opened.has(keyOf(fold.firstElementChild))
  if (focused)
    [...main.querySelectorAll('a, summary')].find((each) => keyOf(each) === focused)?.focus({ preventScroll: true })
  news.textContent = 'Ce dossier vient d’être mis à jour.'
  return true
}
const keyOf = (element) =>
  main.contains(element) && element !== main ? (element.getAttribute('href') ?? element.textContent) : null
const openFolds = () => new Set([...main.querySelectorAll('details[open] > summary')].map(keyOf))

function listen() {
  if (source || document.visibilityState !== 'visible') return
  source = new EventSource(place().dataset.live)
  source.addEventListener('message', ({ data }) => void follow(data))
}
function hush() {
  source?.close()
  loading?.abort()
  source = loading = undefined
}
// Heard only while somebody looks: a browser has six connections to a host, and a page left open keeps none.
document.addEventListener('visibilitychange', () => (document.visibilityState === 'visible' ? listen() : hush()))
document.addEventListener('input', () => (typed = true))
addEventListener('submit', hush)
addEventListener('pagehide', hush)
addEventListener('pageshow', listen)
