// The engine in this very process, without messages or HTTP: node bench/engine.mjs MODEL REPEATS. Prints JSON: rates by streams, plain
// and with the answer held to a JSON Schema.
import { Engine } from '../dist/engine/engine.js';
import { schemaToGrammar } from '../dist/grammar/index.js';
import { resolveOptions } from '../dist/inference/options.js';
import { promptOf, repeated, StreamClock, sampling, streamCounts, tokensPerStream } from './measure.mjs';

const [modelPath, repeats = '3'] = process.argv.slice(2);
let onEvents = () => {};
let engine;

/** As many slots as streams: what idle slots remember would take part in every attention, and the peer remembers nothing. */
async function loadEngine(nSlots) {
  engine = await Engine.load(
    {
      modelPath,
      adapterPaths: [],
      nCtx: 1024,
      nSlots,
      nBatch: 2048,
      nUbatch: 512,
      nThreads: 0,
      nGpuLayers: 0,
      mainGpu: undefined,
      useMmap: false,
      flashAttention: -1,
      kvCacheType: 'f16',
      libraryDir: undefined,
      embedding: false,
    },
    { onEvents: (events) => onEvents(events) },
  );
}

let id = 0;

/** Random weights write no JSON by themselves: nearly every token is refused first, which is the dearest case. */
const gbnf = schemaToGrammar({ type: 'array', items: { type: 'string' }, minItems: tokensPerStream });

function run(nStreams, grammar) {
  return new Promise((resolve, reject) => {
    const clock = new StreamClock();
    let nRunning = nStreams;
    onEvents = (events) => {
      for (const event of events) {
        if (event.type === 'tokens') clock.piece(event.id);
        if (event.type === 'error') reject(new Error(event.error.message));
        if (event.type === 'finish' && --nRunning === 0) resolve(clock.rate());
      }
    };
    for (let stream = 0; stream < nStreams; stream++) {
      const options = resolveOptions({
        ...sampling,
        seed: stream + 1,
        logit_bias: [[engine.info.eosToken, false]],
      });
      engine.submit(++id, {
        // A number of its own in front: the cache of an earlier run must not help.
        prompt: `${id} ${promptOf(stream)}`,
        addSpecial: true,
        sampling: options.sampling,
        nPredict: tokensPerStream,
        stop: [],
        nKeep: 4,
        truncate: true,
        shift: true,
        ...(grammar === undefined ? {} : { grammar }),
      });
    }
  });
}

const plain = {};
const json = {};
for (const count of streamCounts) {
  await loadEngine(count);
  await run(count); // warm-up
  plain[count] = await repeated(Number(repeats), () => run(count));
  json[count] = await repeated(Number(repeats), () => run(count, { gbnf }));
  engine[Symbol.dispose]();
}
process.stdout.write(`${JSON.stringify({ plain, json })}\n`);
