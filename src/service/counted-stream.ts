import type { StreamSlots } from "./stream-slots.ts";

/**
 * Serves the events of a host as messages of a stream, holding a slot as long as it lasts.
 *
 * @param convert turns an event into the message that tells it
 * @throws HostError TOO_MANY_STREAMS at the first message; the signal's reason when it aborts, so that a deadline is told
 */
export async function* countedStream<Event, Message>(
  slots: StreamSlots,
  signal: AbortSignal,
  events: () => AsyncIterable<Event>,
  convert: (event: Event) => Message,
): AsyncGenerator<Message> {
  const slot = slots.acquire(signal);
  try {
    for await (const event of events()) yield convert(event);
    signal.throwIfAborted();
  } finally {
    slot.release();
  }
}
