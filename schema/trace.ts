import { AsyncLocalStorage } from 'node:async_hooks'
import { type Attributes, SpanStatusCode, trace } from '@opentelemetry/api'
import { errorCode } from './errors.ts'

/** Nobody listens unless the program was started with a collector (scripts/tracing.ts): then this costs a function call. */
const tracer = trace.getTracer('courtois')

/**
 * Does `act` as one span of a trace. Attributes are ids and names of ours; of an error only its code is told, for a message may
 * quote a person.
 */
export async function traced<T>(name: string, attributes: Attributes, act: () => Promise<T>): Promise<T> {
  return tracer.startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await act()
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: errorCode(error) ?? 'unexpected' })
      throw error
    } finally {
      span.end()
    }
  })
}

/** A request or a job as its line in the log tells it: ids and names of ours, nothing that a caller wrote. */
export interface Doing {
  request?: string
  /** The fields asked of GraphQL, as the schema calls them. */
  acts?: string[]
  /** The ids of the cases that it named, showed or acted on: the first of them, where there are many. */
  cases?: string[]
}

const current = new AsyncLocalStorage<Doing>()

/** Does `act`, which may add to what is told of it. */
export const during = <T>(doing: Doing, act: () => Promise<T>): Promise<T> => current.run(doing, act)

/** What is being done, for whoever writes a line meanwhile. */
export const currently = (): Doing | undefined => current.getStore()

const mostCases = 20

/** Tells of what is being done that it is about that case. */
export function aboutCase(id: string): void {
  const doing = current.getStore()
  // An id may be one that a caller typed.
  if (!doing || !/^[0-9a-f-]{36}$/.test(id)) return
  const cases = (doing.cases ??= [])
  if (cases.length >= mostCases || cases.includes(id)) return
  cases.push(id)
  trace.getActiveSpan()?.setAttribute('case.ids', cases)
}
