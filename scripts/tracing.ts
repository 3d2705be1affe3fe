import { context, propagation, trace } from '@opentelemetry/api'
import { DomainError } from '../schema/errors.ts'

/**
 * Sends traces to the collector of the standard variables (OTEL_EXPORTER_OTLP_ENDPOINT or …_TRACES_ENDPOINT, by HTTP);
 * without them nothing is loaded. Answers what sends the last ones before the program ends.
 */
export async function startTracing(): Promise<() => Promise<void>> {
  const {
    OTEL_EXPORTER_OTLP_ENDPOINT: all,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own,
    OTEL_SDK_DISABLED: off,
    OTEL_TRACES_EXPORTER: exporter,
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: ownProtocol,
  } = process.env
  if (off?.toLowerCase() === 'true' || exporter === 'none' || !(own || all)) return nothing
  requireSpoken('OTEL_TRACES_EXPORTER', exporter, 'otlp')
  requireSpoken('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', ownProtocol || protocol, 'http/json')
  const [sdk, resources, { OTLPTraceExporter }, { AsyncLocalStorageContextManager }, { W3CTraceContextPropagator }] =
    await Promise.all([
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/context-async-hooks'),
      import('@opentelemetry/core'),
    ])
  const named = resources.resourceFromAttributes({ 'service.name': 'courtois' })
  const detected = resources.detectResources({ detectors: [resources.envDetector] })
  const provider = new sdk.TracerProvider({
    resource: resources.defaultResource().merge(named).merge(detected),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(share()) }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  trace.setGlobalTracerProvider(provider)
  // A collector that is away must not keep the house from closing.
  return () => provider.shutdown().catch(() => {})
}

const nothing = async (): Promise<void> => {}

/** A collector that waits for another language would be sent traces that it throws away, and nobody would know. */
function requireSpoken(name: string, given: string | undefined, spoken: string): void {
  if (!given || given === spoken) return
  throw new DomainError('bad_tracing', `${name} vaut «\u00a0${given.slice(0, 40)}\u00a0».`, {
    remedy: `Les traces partent par ${spoken}\u00a0: donnez cette valeur, ou OTEL_TRACES_EXPORTER=none pour n’en envoyer aucune.`,
  })
}

/** OTEL_TRACES_SAMPLER_ARG: the share of traces that are kept, all of them unless it says otherwise. */
function share(): number {
  const { OTEL_TRACES_SAMPLER: sampler = '', OTEL_TRACES_SAMPLER_ARG: given = '' } = process.env
  if (sampler.endsWith('always_off')) return 0
  const ratio = Number(given)
  return sampler.endsWith('traceidratio') && given !== '' && ratio >= 0 && ratio <= 1 ? ratio : 1
}
