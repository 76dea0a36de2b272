/** Entry of the child process: messages in, engine, messages out. Started by `runner` with an IPC channel. */
import { CriaError, toCriaError } from '../errors.ts';
import {
  type ChildMessage,
  type ParentMessage,
  protocolVersion,
  type ResultValue,
} from '../protocol/messages.ts';
import { EmbeddingEngine } from './embedding-engine.ts';
import { Engine } from './engine.ts';
import { StepSender } from './sender.ts';

function send(message: ChildMessage, done?: () => void): void {
  // A parent that has gone ends this process through 'disconnect'; until then its silence is no error.
  process.send?.(message, undefined, undefined, () => done?.());
}

const sender = new StepSender(send);
let engine: Engine | EmbeddingEngine | undefined;
let isLoading = false;

/** Progress in whole percents: llama.cpp reports every tensor. */
function progressReporter(): (fraction: number) => void {
  let last = -1;
  return (fraction) => {
    const percent = Math.floor(fraction * 100);
    if (percent <= last) return;
    last = percent;
    send({ type: 'loadProgress', fraction });
  };
}

async function load(message: Extract<ParentMessage, { type: 'load' }>): Promise<void> {
  if (isLoading || engine !== undefined) throw new CriaError('bad_request', 'a model is loaded already');
  isLoading = true;
  try {
    const onProgress = progressReporter();
    engine = message.spec.embedding
      ? await EmbeddingEngine.load(message.spec, {
          onResult: (id, result) => send({ type: 'result', id, value: { type: 'embeddings', ...result } }),
          onError: (id, error) => send({ type: 'failed', id, error }),
          onProgress,
        })
      : await Engine.load(message.spec, { onEvents: (events) => sender.push(events), onProgress });
    send({ type: 'loaded', info: engine.info });
  } finally {
    isLoading = false;
  }
}

function answer(id: number, compute: (engine: Engine | EmbeddingEngine) => ResultValue): void {
  try {
    if (engine === undefined) throw notLoadedFor('this');
    send({ type: 'result', id, value: compute(engine) });
  } catch (error) {
    send({ type: 'failed', id, error: toCriaError(error).toJSON() });
  }
}

function notLoadedFor(what: string): CriaError {
  return engine === undefined
    ? new CriaError('bad_request', 'no model is loaded')
    : new CriaError('capability_missing', `the model is not loaded for ${what}`);
}

function onMessage(message: ParentMessage): void {
  switch (message.type) {
    case 'load':
      load(message).catch((error: unknown) => {
        send({ type: 'loadFailed', error: toCriaError(error, 'load_failed').toJSON() });
      });
      return;
    case 'generate':
      if (engine instanceof Engine) engine.submit(message.id, message.work);
      else sender.push([{ id: message.id, type: 'error', error: notLoadedFor('generating').toJSON() }]);
      return;
    case 'embed':
      if (engine instanceof EmbeddingEngine) engine.submit(message.id, message.work);
      else send({ type: 'failed', id: message.id, error: notLoadedFor('embeddings').toJSON() });
      return;
    case 'cancel':
      engine?.cancel(message.id);
      return;
    case 'tokenize':
      answer(message.id, (loaded) => ({
        type: 'tokens',
        ...loaded.tokenize(message.request),
      }));
      return;
    case 'detokenize':
      answer(message.id, (loaded) => ({
        type: 'text',
        text: loaded.detokenize(message.tokens, message.special),
      }));
      return;
    case 'stats':
      answer(message.id, (loaded) => ({ type: 'stats', stats: loaded.stats() }));
      return;
    case 'unload':
      engine?.[Symbol.dispose]();
      process.exit(0);
  }
}

process.on('message', onMessage);
// Ctrl-C in a terminal reaches this process too, but the server decides when it ends: streams are to end with a word.
process.on('SIGINT', () => {});
// Without a parent there is nobody to work for. Also while a model is loading: nothing of value would be lost.
process.on('disconnect', () => process.exit(0));
send({ type: 'ready', protocolVersion });
