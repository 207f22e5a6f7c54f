import { basename } from 'node:path';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { Resource } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { OpenTelemetryPlugin } from '@temporalio/interceptors-opentelemetry';

/**
 * OpenTelemetry traces, where `OTEL_EXPORTER_OTLP_ENDPOINT` says where they go (OTLP over HTTP): one trace leads from the request through the workflow and
 * its activities to each statement and each call to the PSP. Statements are shown without their values. The first import of a process: what is loaded before it is not seen. Without
 * that variable nothing is started, and nothing costs anything.
 */
interface Tracing {
  /** For Temporal's client and workers. */
  readonly plugin: OpenTelemetryPlugin;
  /** Sends what is left. Never fails: a trace that is lost is no loss of money. */
  readonly end: () => Promise<void>;
}

export const tracing: Tracing | undefined =
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] === undefined ? undefined : startTracing();

function startTracing(): Tracing {
  const program = basename(process.argv[1] ?? '', '.ts');
  const names: Readonly<Record<string, string>> = { server: 'paysaga-api', worker: 'paysaga-worker' };
  const resource = new Resource({ 'service.name': process.env['OTEL_SERVICE_NAME'] ?? names[program] ?? 'paysaga' });
  const processor = new BatchSpanProcessor(new OTLPTraceExporter());
  const provider = new NodeTracerProvider({ resource, spanProcessors: [processor] });
  provider.register();
  registerInstrumentations({
    instrumentations: [
      // What asks whether the process lives is no news.
      new HttpInstrumentation({
        ignoreIncomingRequestHook: ({ url = '' }) => ['/healthz', '/readyz', '/metrics'].includes(url),
      }),
      new PgInstrumentation({ requireParentSpan: true }),
    ],
  });
  return {
    plugin: new OpenTelemetryPlugin({ resource, spanProcessor: processor }),
    end: () => provider.shutdown().catch(() => undefined),
  };
}
