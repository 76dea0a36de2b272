/** Checks what a runner process sent before the server believes it: a crashing engine may send anything. */
import type { ErrorCode, SerializedError } from '../errors.ts';
import type { ChildMessage, LoadedInfo, StepEvent } from '../protocol/messages.ts';

const numbersOfInfo = [
  'nCtx',
  'nSlots',
  'nBatch',
  'nThreads',
  'nVocab',
  'nEmbd',
  'bosToken',
  'eosToken',
  'sizeBytes',
  'sizeVramBytes',
] as const satisfies readonly (keyof LoadedInfo)[];

/** The message if it has the shape that the protocol gives it; undefined if not. */
export function checkChildMessage(message: unknown): ChildMessage | undefined {
  return isChildMessage(message) ? message : undefined;
}

function isChildMessage(message: unknown): message is ChildMessage {
  if (!isRecord(message)) return false;
  switch (message.type) {
    case 'step':
      return Array.isArray(message.events) && message.events.every(isStepEvent);
    case 'ready':
      return typeof message.protocolVersion === 'number';
    case 'loadProgress':
      return typeof message.fraction === 'number';
    case 'loaded':
      return isInfo(message.info);
    case 'loadFailed':
      return isSerializedError(message.error);
    case 'result':
      return typeof message.id === 'number' && isResult(message.value);
    case 'failed':
      return typeof message.id === 'number' && isSerializedError(message.error);
    default:
      return false;
  }
}

function isStepEvent(event: unknown): event is StepEvent {
  if (!isRecord(event) || typeof event.id !== 'number') return false;
  switch (event.type) {
    case 'tokens':
      return typeof event.text === 'string' && isArrayOrAbsent(event.logprobs);
    case 'finish':
      return (
        (event.reason === 'stop' || event.reason === 'length') &&
        isRecord(event.stats) &&
        typeof event.stats.generatedTokens === 'number' &&
        isArrayOrAbsent(event.tokens)
      );
    case 'truncated':
      return typeof event.originalTokens === 'number' && typeof event.keptTokens === 'number';
    case 'error':
      return isSerializedError(event.error);
    default:
      return false;
  }
}

function isInfo(info: unknown): boolean {
  return (
    isRecord(info) &&
    numbersOfInfo.every((key) => Number.isFinite(info[key])) &&
    typeof info.device === 'string' &&
    typeof info.llamaVersion === 'string' &&
    (info.embedding === undefined || isEmbeddingInfo(info.embedding))
  );
}

function isEmbeddingInfo(info: unknown): boolean {
  return (
    isRecord(info) &&
    typeof info.pooling === 'string' &&
    Number.isSafeInteger(info.nOutput) &&
    Number.isSafeInteger(info.maxInputTokens)
  );
}

function isResult(value: unknown): boolean {
  if (!isRecord(value)) return false;
  switch (value.type) {
    case 'tokens':
      return Array.isArray(value.tokens) && isArrayOrAbsent(value.pieces);
    case 'embeddings':
      return value.vectors instanceof Float32Array && typeof value.promptTokens === 'number';
    case 'text':
      return typeof value.text === 'string';
    case 'stats':
      return isRecord(value.stats);
    default:
      return false;
  }
}

function isSerializedError(error: unknown): error is SerializedError {
  // Codes are not looked up: both ends come from one release, and an unknown code is answered like `internal`.
  return (
    isRecord(error) && typeof (error.code as ErrorCode) === 'string' && typeof error.message === 'string'
  );
}

function isArrayOrAbsent(value: unknown): boolean {
  return value === undefined || Array.isArray(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
