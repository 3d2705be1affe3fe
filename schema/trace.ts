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
