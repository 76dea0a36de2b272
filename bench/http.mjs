// The same streams through HTTP: against cria's own server, or against llama.cpp's.
import { promptOf, repeated, StreamClock, sampling, streamCounts, tokensPerStream } from './measure.mjs';
import { post, withCria, withLlamaServer } from './servers.mjs';

/** Rates by streams of a fresh `cria serve`, and how long it took to answer its first request. */
export function measureCria(modelPath, repeats) {
  const settings = { OLLAMA_NUM_PARALLEL: '16', OLLAMA_CONTEXT_LENGTH: '1024' };
  return withCria(modelPath, settings, async (port, readyMs) => {
    const generate = (nonce, stream, onToken) =>
      post(
        port,
        '/api/generate',
        {
          model: 'bench',
          prompt: `${nonce} ${promptOf(stream)}`,
          raw: true,
          options: { ...sampling, seed: stream + 1, num_predict: tokensPerStream, logit_bias: forbidEnd },
        },
        (line) => {
          const event = JSON.parse(line);
          if (event.error) throw new Error(event.error);
          if (!event.done) onToken();
          else if (event.eval_count !== tokensPerStream)
            throw new Error(`an answer of ${event.eval_count} tokens`);
        },
      );
    return { readyMs, rates: await measureRates(generate, repeats) };
  });
}

/** `<|end_of_text|>`, `<|eom_id|>`, `<|eot_id|>` of the vocabulary of Llama 3. */
const forbidEnd = [
  [128_001, false],
  [128_008, false],
  [128_009, false],
];

/** Rates by streams of llama-server with as many slots. */
export function measureLlamaServer(binary, modelPath, repeats) {
  return withLlamaServer(binary, modelPath, ['-c', `${16 * 1024}`, '-np', '16'], (port) => {
    const generate = (nonce, stream, onToken) =>
      post(
        port,
        '/completion',
        {
          prompt: `${nonce} ${promptOf(stream)}`,
          stream: true,
          n_predict: tokensPerStream,
          ignore_eos: true,
          seed: stream + 1,
          repeat_penalty: 1,
          samplers: ['top_k', 'top_p', 'min_p', 'temperature'],
          ...sampling,
        },
        (line) => {
          if (line.startsWith('data: ') && line.includes('"stop":false')) onToken();
        },
      );
    return measureRates(generate, repeats);
  });
}

async function measureRates(generate, repeats) {
  let nonce = 0;
  const run = async (count) => {
    const clock = new StreamClock();
    await Promise.all(
      Array.from({ length: count }, (_, stream) => generate(++nonce, stream, () => clock.piece(stream))),
    );
    return clock.rate();
  };
  await run(1);
  const rates = {};
  for (const count of streamCounts) rates[count] = await repeated(repeats, () => run(count));
  return rates;
}
