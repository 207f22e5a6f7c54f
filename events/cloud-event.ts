import type { EventRecord } from '../prisma/event';

/** The media type of a CloudEvent in structured mode (CloudEvents 1.0.2, JSON event format, section 3). */
export const cloudEventType = 'application/cloudevents+json; charset=UTF-8';

/**
 * An event in the CloudEvents 1.0.2 envelope. `id` is unique within its merchant's `source`; `partitionkey` and `sequence`
 * are its documented extensions: what has the same key is about the same resource, and the later one has the higher
 * `resourceversion`.
 */
export const cloudEvent = (event: EventRecord) => ({
  specversion: '1.0',
  id: event.eventId,
  source: `/merchants/${event.merchantId}`,
  type: `paysaga.${event.type}`,
  subject: `${event.resourceType}/${event.resourceId}`,
  time: event.occurredAt.toISOString(),
  datacontenttype: 'application/json',
  partitionkey: partitionKey(event),
  sequence: String(event.sequence).padStart(20, '0'),
  merchantid: event.merchantId,
  resourceversion: event.version,
  data: event.data,
});

/** Events about one resource stay in order: they go to one partition. Two merchants' resources may have the same id. */
export const partitionKey = ({ merchantId, resourceId }: EventRecord): string => `${merchantId}/${resourceId}`;
