// A runner process without an engine: speaks the protocol in the manner that FAKE_MODE names.
const mode = process.env.FAKE_MODE ?? 'normal';
const send = (message) => process.send(message);
const cancelled = [];
const info = {
  nCtx: 64, nSlots: 2, nBatch: 16, nThreads: 1, nVocab: 100, nEmbd: 8, bosToken: 1, eosToken: 2, addsBos: true,
  addsEos: false, canShift: true, sizeBytes: 1000, sizeVramBytes: 0, device: 'CPU', llamaVersion: 'fake',
};
const stats = { promptTokens: 1, cachedTokens: 0, promptDurationNs: 1, generatedTokens: 3, generationDurationNs: 1 };
const step = (...events) => send({ type: 'step', events });
const dieWith = (text) => process.stderr.write(`${text}\n`, () => process.kill(process.pid, 'SIGKILL'));

process.on('disconnect', () => process.exit(0));

/** Prompt → what happens; prompts of digits are generated as that many tokens. */
function generate(id, work) {
  switch (work.prompt) {
    case 'hang':
      return step({ id, type: 'tokens', text: 'a' });
    case 'silent':
      return;
    case 'die':
      step({ id, type: 'tokens', text: 'a' });
      return setTimeout(() => dieWith('GGML_ASSERT(n > 0) failed'), 5);
    case 'die at once':
      return dieWith('ggml: out of memory');
    case 'fail':
      return step({ id, type: 'error', error: { code: 'context_exceeded', message: 'too long' } });
    case 'refuse':
      return send({ type: 'failed', id, error: { code: 'bad_request', message: 'no' } });
    case 'garbage':
      return send({ type: 'step', events: [{ id, type: 'tokens' }] });
    case 'close channel':
      process.removeAllListeners('disconnect');
      setInterval(() => {}, 1000);
      return process.disconnect();
    case 'flood':
      for (let i = 0; i < 1000; i++) step({ id, type: 'tokens', text: `${i % 10}` });
      break;
    case 'cancelled':
      step({ id, type: 'tokens', text: cancelled.join() });
      break;
    default:
      for (let i = 0; i < Number(work.prompt); i++) step({ id, type: 'tokens', text: `${id}.${i} ` });
  }
  step({ id, type: 'finish', reason: 'stop', stats });
}

process.on('message', (message) => {
  switch (message.type) {
    case 'load':
      return load(message.spec);
    case 'generate':
      return generate(message.id, message.work);
    case 'cancel':
      return cancelled.push(message.id);
    case 'embed': {
      const texts = message.work.inputs.map(({ text }) => text);
      if (texts[0] === 'silent') return;
      if (texts[0] === 'fail') return send({ type: 'failed', id: message.id, error: { code: 'context_exceeded', message: 'too long' } });
      const vectors = texts[0] === 'cancelled' ? Float32Array.from(cancelled) : Float32Array.from(texts, Number);
      return send({ type: 'result', id: message.id, value: { type: 'embeddings', vectors, promptTokens: texts.length } });
    }
    case 'tokenize':
      if (message.request.text === 'silent') return;
      if (message.request.text === 'die') return dieWith('');
      return send({
        type: 'result',
        id: message.id,
        value: {
          type: 'tokens',
          tokens: [...message.request.text].map((c) => c.charCodeAt(0)),
          ...(message.request.withPieces ? { pieces: [...message.request.text].map((c) => Buffer.from(c)) } : {}),
        },
      });
    case 'detokenize':
      if (message.tokens.length === 0) return send({ type: 'failed', id: message.id, error: { code: 'bad_request', message: 'no tokens' } });
      return send({ type: 'result', id: message.id, value: { type: 'text', text: String.fromCharCode(...message.tokens) } });
    case 'stats':
      return send({ type: 'result', id: message.id, value: { type: 'stats', stats: { env: Object.keys(process.env), argv: process.execArgv } } });
    case 'unload':
      if (mode === 'stubborn') return;
      process.exit(0);
  }
});

function load(spec) {
  switch (mode) {
    case 'load fails':
      return send({ type: 'loadFailed', error: { code: 'load_failed', message: `cannot load ${spec.modelPath}` } });
    case 'dies loading':
      return process.stderr.write('llama_model_load: error loading model: missing tensor\n', () => process.exit(3));
    case 'garbage':
      return send({ type: 'loaded', info: { nCtx: 'many' } });
    default:
      for (const fraction of [0, 0.5, 2]) send({ type: 'loadProgress', fraction });
      send({ type: 'loaded', info });
  }
}

if (mode !== 'never ready') send({ type: 'ready', protocolVersion: mode === 'wrong version' ? 99 : 1 });
if (mode === 'never ready') setInterval(() => {}, 1000);
