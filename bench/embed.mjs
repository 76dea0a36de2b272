// Texts of 16 to 128 tokens embedded in one request, against one by one, and against llama-server.
import { bertModel, bertShape } from './bert-model.mjs';
import { median, print } from './measure.mjs';
import { peerTool, post, withCria, withLlamaServer } from './servers.mjs';

const nTexts = 256;

/** Prints the table; every figure is the median of `repeats`. */
export async function benchEmbeddings(repeats) {
  const { file, words } = await bertModel();
  const texts = Array.from({ length: nTexts }, (_, i) => {
    const length = 14 + ((i * 37) % 113); // and two special tokens: 16 to 128
    return Array.from({ length }, (_, j) => words[(i * 7919 + j * 104_729) % words.length]).join(' ');
  });

  const cria = await withCria(file, {}, (port) =>
    measure(texts, repeats, async (input) => {
      const { embeddings } = await answer(port, '/api/embed', { model: 'bench', input });
      return embeddings;
    }),
  );
  const slots = ['--embedding', '-np', '16', '-c', `${16 * bertShape.nCtx}`];
  const binary = peerTool('llama-server');
  const peer =
    binary &&
    (await withLlamaServer(binary, file, slots, (port) =>
      measure(texts, repeats, async (input) => {
        const { data } = await answer(port, '/v1/embeddings', { input });
        return data.map(({ embedding }) => embedding);
      }),
    ));

  const { nLayers, nEmbd } = bertShape;
  print(
    `\n### Embeddings, texts per second: ${nTexts} texts of 16 to 128 tokens, BERT of ${nLayers} × ${nEmbd} in F32\n`,
  );
  print('| | one request | one by one |\n|---|---:|---:|');
  row('cria', cria, (rate) => rate.toFixed(0));
  if (peer !== undefined) {
    row('llama-server', peer, (rate) => rate.toFixed(0));
    row('cria ÷ llama-server', {
      together: cria.together / peer.together,
      single: cria.single / peer.single,
    });
  }
  print(`\nOne request of cria is ${(cria.together / cria.single).toFixed(1)} times as fast as one by one.`);
}

function row(name, { together, single }, text = (ratio) => ratio.toFixed(2)) {
  print(`| ${name} | ${text(together)} | ${text(single)} |`);
}

/** Rates in texts per second; both servers must agree on how many vectors there are, and how long they are. */
async function measure(texts, repeats, embed) {
  const run = async (requests) => {
    const startedAt = performance.now();
    let count = 0;
    for (const input of requests) {
      for (const vector of await embed(input)) {
        if (vector.length !== bertShape.nEmbd) throw new Error(`a vector of ${vector.length} numbers`);
        count++;
      }
    }
    if (count !== nTexts) throw new Error(`${count} vectors`);
    return (nTexts * 1000) / (performance.now() - startedAt);
  };
  await run([texts]);
  const together = [];
  const single = [];
  for (let i = 0; i < repeats; i++) {
    together.push(await run([texts]));
    single.push(await run(texts.map((text) => [text])));
  }
  return { together: median(together), single: median(single) };
}

async function answer(port, url, body) {
  let text;
  await post(port, url, body, (line) => {
    text = line;
  });
  return JSON.parse(text);
}
