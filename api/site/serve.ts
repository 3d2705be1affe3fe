import { Hono, type MiddlewareHandler } from 'hono'
import { compress } from 'hono/compress'
import { etag } from 'hono/etag'
import { h, layout } from './page.ts'
import { closeSearch, searchFiles } from './search.ts'
import { readShelves, type Shelves } from './shelves.ts'
import { siteApp } from './site.ts'
import { loadLibrary } from '../../letters/catalogue.ts'
import { readHistory } from '../../letters/history.ts'
import type { History } from '../../letters/replay.ts'
import type { Office } from '../../procedures/office.ts'
import { sameDay, type Day } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'
import type { Clock } from '../context.ts'
import type { Log } from '../errors.ts'

/** What the site's pages may do in a browser: their own style and script, and the search's compiled code. */
const policy = [
  "default-src 'none'",
  "style-src 'self'",
  "img-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "frame-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'self'",
].join('; ')

interface Opened {
  shelves: Shelves
  app: Hono
  search?: Promise<Map<string, Uint8Array>>
}

/** The site as it stands today, set page by page as it is asked for: what `/bibliotheque` answers. */
export function librarySite({ office, clock }: { office: Office; clock: Clock }, log: Log): Hono {
  let current: { day: Day; site: Promise<Opened> } | undefined
  const open = (): Promise<Opened> => {
    const day = clock.today()
    // The law is shown on its day: a new day is a new site.
    if (!current || !sameDay(current.day, day)) current = { day, site: openSite(office, day, log) }
    return current.site
  }

  const routes = new Hono()
  // The policy outermost: an answer « not modified » must carry it too, or the browser keeps a stricter one.
  routes.use(headers, compress(), etag())
  routes.get('/', (c) => c.redirect(`${c.req.path.replace(/\/$/, '')}/index.html`))
  routes.get('/pagefind/:file{.+}', async (c) => {
    const site = await open()
    site.search ??= indexOnce(site.shelves)
    const name = c.req.param('file')
    const bytes = (await site.search).get(name)
    if (!bytes) return c.notFound()
    const type = name.endsWith('.js')
      ? 'text/javascript'
      : name.endsWith('.json')
        ? 'application/json'
        : 'application/octet-stream'
    return c.body(bytes as Uint8Array<ArrayBuffer>, 200, { 'content-type': type })
  })
  routes.get('/*', async (c) => {
    const path = c.req.path.split('/').slice(2).join('/')
    const { app } = await open()
    const response = await app.request(`/${path || 'index.html'}`)
    if (response.status !== 404) return c.body(response.body as ReadableStream, response)
    const title = 'Cette page n’existe pas'
    const body = h`<h1>${title}</h1><p>La bibliothèque a peut-être changé depuis que ce lien a été écrit.</p>`
    return c.html(layout({ path, title, body }), 404)
  })
  return routes
}

async function indexOnce(shelves: Shelves): Promise<Map<string, Uint8Array>> {
  try {
    return await searchFiles(shelves)
  } finally {
    await closeSearch()
  }
}

const headers: MiddlewareHandler = async (c, next) => {
  await next()
  c.header('content-security-policy', policy)
  c.header('cache-control', 'no-cache')
}

async function openSite(office: Office, day: Day, log: Log): Promise<Opened> {
  const shelves = readShelves({ library: loadLibrary(), on: day, history: await historyIfAny(log) })
  return { shelves, app: siteApp(shelves, { engine: office.typst }) }
}

// A deployment with neither repository nor history.json shows the letters all the same, and says what is not there.
async function historyIfAny(log: Log): Promise<History | null> {
  try {
    return await readHistory()
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    log(error)
    return null
  }
}
