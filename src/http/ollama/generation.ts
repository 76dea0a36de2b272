/** POST /api/generate and POST /api/chat. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { chatRequestSchema, generateRequestSchema } from '../../api/schemas/generate.ts';
import type { Answer } from '../../inference/types.ts';
import type { Truncation } from '../../types/events.ts';
import { sendJson } from '../send.ts';
import { sendStream } from '../stream.ts';
import { chatFormat, gather, generateFormat, type WireFormat } from './from-event.ts';
import { toChatRequest, toGenerateRequest } from './to-request.ts';
import type { RouteDeps } from './types.ts';

export function generationRoutes(app: FastifyInstance, { inference, bodies }: RouteDeps): void {
  app.post('/api/generate', async (request, reply) => {
    const signal = request.closeSignal;
    const body = await bodies.read(generateRequestSchema, request.raw, signal);
    const answer = await inference.generate(toGenerateRequest(body), { signal });
    await sendAnswer(reply, answer, generateFormat(body.model ?? ''), body.stream ?? true);
  });

  app.post('/api/chat', async (request, reply) => {
    const signal = request.closeSignal;
    const body = await bodies.read(chatRequestSchema, request.raw, signal);
    const answer = await inference.chat(toChatRequest(body), { signal });
    await sendAnswer(reply, answer, chatFormat(body.model ?? ''), body.stream ?? true);
  });
}

/** Load, unload and debug answers are one object whatever `stream` says: clients parse them as such. */
async function sendAnswer(
  reply: FastifyReply,
  answer: Answer,
  format: WireFormat,
  isStream: boolean,
): Promise<void> {
  if (answer.type === 'single') return sendJson(reply, format.single(answer.event));
  if (answer.type === 'rendered') return sendJson(reply, format.rendered(answer));
  if (isStream) {
    await sendStream(reply, answer.events, {
      toLine: format.line,
      headersFor: (first) => truncationHeader(first?.type === 'truncated' ? first : undefined),
    });
    return;
  }
  const gathered = await gather(answer.events);
  for (const [name, value] of Object.entries(truncationHeader(gathered.done?.truncation)))
    reply.raw.setHeader(name, value);
  sendJson(reply, format.whole(gathered));
}

/** Says that the prompt was cut; the last line says it too. */
function truncationHeader(cut: Truncation | undefined): Readonly<Record<string, string>> {
  if (cut === undefined) return {};
  return { 'X-Cria-Prompt-Truncated': `original=${cut.originalTokens}, kept=${cut.keptTokens}` };
}
