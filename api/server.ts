import { setTimeout as pause } from 'node:timers/promises'
import { renderGraphiQL } from '@graphql-yoga/render-graphiql'
import { createYoga } from 'graphql-yoga'
import { type Context as HttpContext, Hono, type MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { secureHeaders } from 'hono/secure-headers'
import { usualBytes } from '../documents/exhibits/exhibits.ts'
import type { Office } from '../procedures/office.ts'
import type { Client, Sql } from '../schema/db.ts'
import { DomainError } from '../schema/errors.ts'
import { readToken, type Viewer } from './auth.ts'
import { sendCalendar } from './calendar.ts'
import { type Clock, type Context, contextOf, type House } from './context.ts'
import { sendDisputeFile, sendExhibit, sendLetterPdf, sendPack } from './downloads.ts'
import { httpError, type Log, maskError } from './errors.ts'
import { exampleTabs } from './graphql/examples.ts'
import { useKeptAnswers } from './graphql/kept-answers.ts'
import { useLimits } from './graphql/limits.ts'
import { listQueue } from './list-queue.ts'
import { metrics } from './metrics.ts'
import { type IdentityProvider, isOwnToken } from './oidc.ts'
import { pages, refusal } from './pages/mount.ts'
import { sendPostBatch } from './graphql/post-batches.ts'
import { useOwnRows } from './reading.ts'
import { gatherReadings } from './readings.ts'
import { type RequestLine, requestLog, useRequestLog } from './request-log.ts'
import { schema } from './graphql/schema.ts'
import { librarySite } from './site/serve.ts'
import type { SignIn } from './sign-in.ts'
import { caseEvents } from './stream.ts'
import { receiveUpload } from './uploads.ts'

export interface AppOptions {
  office: Office
  /** The pool behind the office, for `listen`. */
  sql: Client
  /** One connection for lists; they read by the pool when absent. */
  lists?: Sql
  clock: Clock
  /** Signs tokens and upload addresses. */
  secret: Uint8Array
  /** Whose tokens are taken beside the house's own. */
  identity?: IdentityProvider
  /** The provider's page, by which people enter theirs. */
  signIn?: SignIn | null
  /** Hides the schema and GraphiQL. */
  production?: boolean
  /** Bytes; 50 MB when absent. */
  maxUpload?: number
  /** Reads the visitor's address in X-Forwarded-For: only behind a proxy that writes it. */
  trustProxy?: boolean
  log?: Log
  /** Told of each request once it is answered. */
  onRequest?: (line: RequestLine) => void
}

export interface App {
  /** Answers requests and listens to nothing: `app.fetch` for a server, `app.request` for tests. */
  app: Hono
  house: House
  /** Ends the subscriptions, and writes down who read what. */
  close(): Promise<void>
}

const bodyBytes = 100_000

/** In milliseconds: what asks `/ready` waits no longer for the database. */
const readyWithin = 3_000

/** The outside of the house: GraphQL, uploads, downloads. Nothing below this folder knows HTTP. */
export function createApp(options: AppOptions): App {
  const log = options.log ?? ((error) => console.error(error))
  const house: House = {
    office: options.office,
    lists: options.lists ?? options.office.sql,
    queue: listQueue(),
    clock: options.clock,
    secret: options.secret,
    maxUpload: options.maxUpload ?? options.office.maxFile ?? usualBytes,
    events: caseEvents(options.sql),
    readings: gatherReadings(options.office.sql, log),
    ...(options.identity ? { identity: options.identity } : {}),
  }
  const yoga = graphql(options, log)
  const app = new Hono()

  app.use(requestLog(options.onRequest ?? (() => {})))
  app.use(secureHeaders({ referrerPolicy: 'no-referrer' }), contentPolicy)
  app.onError((error, c) => {
    if (isFollowed(c)) return refusal(house, c, forPeople(error), log)
    const { status, body } = httpError(error, log)
    return c.json(body, status as 400)
  })
  app.notFound((c) => {
    const nowhere = new DomainError('not_found', 'Cette adresse ne mène nulle part.', { remedy: 'Vérifiez-la.' })
    return isFollowed(c) ? refusal(house, c, nowhere, log) : c.json(httpError(nowhere, log).body, 404)
  })

  app.get('/health', (c) => c.json({ ok: true }))
  app.get('/ready', async (c) => {
    // `orphans` is for an alarm outside: a case that nothing carries on makes nobody wait at this door.
    const asked = options.sql<{ orphans: number }[]>`
      select count(*)::int as orphans from alarms where settled_on is null`.catch((error: unknown) => (log(error), []))
    // A database behind a network that swallows everything says neither yes nor no for a quarter of an hour.
    const [state] = await Promise.race([asked, pause(readyWithin, [], { ref: false })])
    const ready = state !== undefined
    return c.json({ ready, today: house.clock.today().toString(), ...state }, ready ? 200 : 503)
  })

  app.get('/metrics', metrics(house))

  app.use(
    '/graphql',
    bodyLimit({
      maxSize: bodyBytes,
      onError: () => {
        throw bodyTooLarge()
      },
    }),
  )
  app.all('/graphql', async (c) => {
    const response = await yoga.fetch(c.req.raw, contextOf(house, await viewerOf(house, c)))
    // Not the raw response: it would lose the headers set above. What is no stream goes out at once.
    return c.body((response as Answer).whole ?? (response.body as ReadableStream), response)
  })

  app.put('/uploads/:id', (c) => receiveUpload(house, c))
  app.on(['GET', 'HEAD'], '/packs/:id', async (c) => sendPack(contextOf(house, await viewerOf(house, c)), c))
  app.on(['GET', 'HEAD'], '/exhibits/:id', async (c) => sendExhibit(contextOf(house, await viewerOf(house, c)), c))
  app.on(['GET', 'HEAD'], '/contestations/:id', async (c) =>
    sendDisputeFile(contextOf(house, await viewerOf(house, c)), c),
  )
  app.on(['GET', 'HEAD'], '/documents/:id', async (c) => sendLetterPdf(contextOf(house, await viewerOf(house, c)), c))
  app.on(['GET', 'HEAD'], '/courrier/:number', async (c) =>
    sendPostBatch(contextOf(house, await viewerOf(house, c)), c),
  )
  app.on(['GET', 'HEAD'], '/calendrier/:file', (c) => sendCalendar(house, c))
  app.route('/bibliotheque', librarySite(house, log))
  app.route(
    '/',
    pages(
      {
        ...house,
        trustProxy: options.trustProxy ?? false,
        takesTokens: !options.production,
        ...(options.signIn ? { signIn: options.signIn } : {}),
      },
      log,
    ),
  )

  return {
    app,
    house,
    async close() {
      await house.readings.flush()
      await house.events.close()
    },
  }
}

/** Whether a person followed a link: a browser asks for a page, a program does not. */
const isFollowed = (c: HttpContext): boolean =>
  c.req.method === 'GET' && (c.req.header('accept') ?? '').trimStart().startsWith('text/html')

/** Who follows a link has no header to add. */
const forPeople = (error: Error): Error =>
  error instanceof DomainError && (error.code === 'unauthenticated' || error.code === 'bad_token')
    ? new DomainError(error.code, 'Ce lien ne s’ouvre pas sans accès, ou le vôtre a expiré.', {
        remedy: 'Entrez d’abord dans votre espace, ou demandez-nous un nouveau lien.',
        cause: error,
      })
    : error

/** Nothing runs in what this server sends, but for GraphiQL: one page with its script inside, which works in a blob. */
const contentPolicy: MiddlewareHandler = async (c, next) => {
  await next()
  const isPage = c.req.path === '/graphql' && c.res.headers.get('content-type')?.startsWith('text/html')
  const policy = isPage
    ? "default-src 'self' 'unsafe-inline' blob: data:; worker-src blob:; frame-ancestors 'none'"
    : "default-src 'none'; frame-ancestors 'none'"
  if (!c.res.headers.has('content-security-policy')) c.header('content-security-policy', policy)
}

/** A response that still knows its text: to read it back from its stream takes longer than to send it. */
class Answer extends Response {
  readonly whole: string | null
  constructor(body?: BodyInit | null, init?: ResponseInit) {
    super(body, init)
    this.whole = typeof body === 'string' ? body : null
  }
}

function graphql({ production = false }: AppOptions, log: Log) {
  return createYoga<Context>({
    schema,
    // Node's own: the ponyfill's streams throw out of reach when a subscriber leaves.
    fetchAPI: { Request, Response: Answer, ReadableStream, Headers },
    logging: false,
    maskedErrors: {
      maskError: (error, message) => maskError(error, message, log),
      errorMessage: 'Une erreur inattendue est survenue.',
    },
    cors: false,
    batching: false,
    multipart: false,
    landingPage: false,
    maxRequestBodySize: bodyBytes,
    plugins: [useLimits({ introspection: !production }), useRequestLog(), useOwnRows(), useKeptAnswers()],
    graphiql: production ? false : { title: 'Courtois', defaultTabs: exampleTabs() },
    renderGraphiQL: (tabs) => withToken(renderGraphiQL(tabs as Parameters<typeof renderGraphiQL>[0])),
  })
}

/** The token of the header; `?token=` too where a browser follows a link. An unusable one is refused, not ignored. */
async function viewerOf(house: House, c: HttpContext): Promise<Viewer | null> {
  const header = c.req.header('authorization')
  const token = header
    ? /^Bearer +(\S+)$/i.exec(header)?.[1]
    : c.req.path === '/graphql'
      ? undefined
      : c.req.query('token')
  if (header && !token) {
    throw new DomainError('bad_token', "L'en-tête Authorization n'est pas lisible.", {
      remedy: 'Écrivez « Authorization: Bearer JETON ».',
    })
  }
  if (!token) return null
  const now = house.clock.now()
  return house.identity && !isOwnToken(token) ? house.identity(token, now) : readToken(house.secret, token, now)
}

/**
 * GraphiQL with `#token=…` in its address sends that token; the part after # never reaches a server or its logs. Its tabs stay where
 * they are when they are pressed: a press that began the animation it has for them would end beside the tab, and be lost.
 */
function withToken(page: string): string {
  return page.replace(
    '<div id="root"></div>',
    `<div id="root"></div>
      <style>.graphiql-tab { transform: none !important }</style>
      <script>
        const given = new URLSearchParams(location.hash.slice(1)).get('token')
        if (given) sessionStorage.setItem('courtois-token', given)
        const kept = sessionStorage.getItem('courtois-token')
        const plainFetch = window.fetch
        window.fetch = (input, init = {}) => {
          const headers = new Headers(init.headers)
          if (kept && !headers.has('authorization')) headers.set('authorization', 'Bearer ' + kept)
          return plainFetch(input, { ...init, headers })
        }
      </script>`,
  )
}

const bodyTooLarge = (): DomainError =>
  new DomainError('body_too_large', 'La requête dépasse 100 ko.', {
    remedy: 'Envoyez les fichiers par requestUpload.',
    facts: { maxBytes: bodyBytes },
  })
