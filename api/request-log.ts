import { randomUUID } from 'node:crypto'
import { context, propagation, trace } from '@opentelemetry/api'
import { type DocumentNode, getOperationAST, visit } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Context, MiddlewareHandler, Next } from 'hono'
import { matchedRoutes } from 'hono/route'
import { aboutCase, currently, type Doing, during, traced } from '../schema/trace.ts'

export interface RequestLine extends Doing {
  request: string
  method: string
  /** The pattern, never the path: that one may hold the code of a letter or a token. */
  route: string
  status: number
  ms: number
}

/** One line a request, and its id in the answer, so that who complains can be found in the log. */
export function requestLog(write: (line: RequestLine) => void): MiddlewareHandler {
  return async (c, next) => {
    const about = { request: randomUUID() }
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

async function answer(c: Context, about: Doing, next: Next): Promise<void> {
  await during(about, next)
  trace
    .getActiveSpan()
    ?.updateName(`${c.req.method} ${routeOf(c)}`)
    .setAttributes({
      'http.request.method': c.req.method,
      'http.route': routeOf(c),
      'http.response.status_code': c.res.status,
      ...(about.acts ? { 'graphql.fields': about.acts } : {}),
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
    const about = currently()
    const operation = getOperationAST(args.document, args.operationName)
    if (!about || !operation) return
    const acts = operation.selectionSet.selections.flatMap((field) =>
      field.kind === 'Field' ? [field.name.value] : [],
    )
    about.acts = acts
    for (const id of casesIn(args.document, args.variableValues)) aboutCase(id)
  },
})

function casesIn(document: DocumentNode, variables: unknown): string[] {
  const texts = [...textsIn(document)]
  JSON.stringify(variables ?? {}, (_key, value: unknown) => {
    if (typeof value === 'string') texts.push(value)
    return typeof value === 'bigint' ? null : value
  })
  return texts.flatMap((text) =>
    text.length > 100 ? [] : (/^Case:(.+)$/.exec(Buffer.from(text, 'base64').toString('latin1'))?.[1] ?? []),
  )
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
