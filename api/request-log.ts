import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import { context, propagation, trace } from '@opentelemetry/api'
import { type DocumentNode, getOperationAST, visit } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Context, MiddlewareHandler, Next } from 'hono'
import { matchedRoutes } from 'hono/route'
import { traced } from '../schema/trace.ts'

/** What a request is known by in the log, its errors included: ids and names of ours, nothing that a caller wrote. */
export interface Request {
  request: string
  /** The fields asked of GraphQL, as the schema calls them. */
  acts?: string[]
  /** The ids of the cases that the request names. */
  cases?: string[]
}

export interface RequestLine extends Request {
  method: string
  /** The pattern, never the path: that one may hold the code of a letter or a token. */
  route: string
  status: number
  ms: number
}

const current = new AsyncLocalStorage<Request>()

/** The request that is being answered, for whoever writes a line meanwhile. */
export const currentRequest = (): Request | undefined => current.getStore()

/** One line a request, and its id in the answer, so that who complains can be found in the log. */
export function requestLog(write: (line: RequestLine) => void): MiddlewareHandler {
  return async (c, next) => {
    const about: Request = { request: randomUUID() }
    const start = performance.now()
    // Whoever asked may have a trace of his own, which this one continues.
    const from = propagation.extract(context.active(), c.req.raw.headers, headers)
    await context.with(from, () => traced('request', { 'request.id': about.request }, () => answer(c, about, next)))
    c.header('x-request-id', about.request)
    const ms = Math.round(performance.now() - start)
    write({ ...about, method: c.req.method, route: routeOf(c), status: c.res.status, ms })
  }
}

const headers = {
  get: (all: Headers, name: string) => all.get(name) ?? undefined,
  keys: (all: Headers) => [...all.keys()],
}

async function answer(c: Context, about: Request, next: Next): Promise<void> {
  await current.run(about, next)
  trace
    .getActiveSpan()
    ?.updateName(`${c.req.method} ${routeOf(c)}`)
    .setAttributes({
      'http.request.method': c.req.method,
      'http.route': routeOf(c),
      'http.response.status_code': c.res.status,
      ...(about.acts ? { 'graphql.fields': about.acts } : {}),
      ...(about.cases ? { 'case.ids': about.cases } : {}),
    })
}

function routeOf(c: Context): string {
  // Those with a star are met on the way by every request; only what leads nowhere has nothing else.
  const routes = matchedRoutes(c).map(({ path }) => path)
  return routes.findLast((path) => !path.endsWith('*')) ?? routes.at(-1) ?? ''
}

/** Adds to the line what GraphQL was asked, and about which cases. */
export const useRequestLog = (): Plugin => ({
  onExecute({ args }) {
    const about = current.getStore()
    const operation = getOperationAST(args.document, args.operationName)
    if (!about || !operation) return
    const acts = operation.selectionSet.selections.flatMap((field) =>
      field.kind === 'Field' ? [field.name.value] : [],
    )
    const cases = casesIn(args.document, args.variableValues)
    Object.assign(about, { acts }, cases.length > 0 ? { cases } : {})
  },
})

function casesIn(document: DocumentNode, variables: unknown): string[] {
  const texts = [...textsIn(document)]
  JSON.stringify(variables ?? {}, (_key, value: unknown) => {
    if (typeof value === 'string') texts.push(value)
    return typeof value === 'bigint' ? null : value
  })
  const ids = texts.flatMap((text) =>
    text.length > 100 ? [] : (/^Case:([0-9a-f-]{36})$/.exec(Buffer.from(text, 'base64').toString('latin1'))?.[1] ?? []),
  )
  return [...new Set(ids)].slice(0, 20)
}

/** What is written as a text in a question; the server parses one once, and hands out the same document each time. */
function textsIn(document: DocumentNode): string[] {
  let texts = literals.get(document)
  if (!texts) {
    const found: string[] = []
    visit(document, { StringValue: (node) => void found.push(node.value) })
    literals.set(document, (texts = found))
  }
  return texts
}
const literals = new WeakMap<DocumentNode, string[]>()
