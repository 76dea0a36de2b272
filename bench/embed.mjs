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

  // Both servers are up and take turns: a machine's rate drifts by more than they differ.
  const rates = { cria: { together: [], single: [] }, peer: { together: [], single: [] } };
  const binary = peerTool('llama-server');
  await withCria(file, {}, async (port) => {
    const embedders = { cria: (input) => embedByCria(port, input) };
    const measureAll = async () => {
      for (const embed of Object.values(embedders)) await rate([texts], embed);
      for (let i = 0; i < repeats; i++)
        for (const [name, embed] of Object.entries(embedders)) {
          rates[name].together.push(await rate([texts], embed));
          rates[name].single.push(
            await rate(
              texts.map((text) => [text]),
              embed,
            ),
          );
        }
    };
    if (binary === undefined) return measureAll();
    const slots = ['--embedding', '-np', '16', '-c', `${16 * bertShape.nCtx}`];
    return withLlamaServer(binary, file, slots, (peerPort) => {
      embedders.peer = (input) => embedByPeer(peerPort, input);
      return measureAll();
    });
  });
  const cria = medians(rates.cria);
  const peer = binary && medians(rates.peer);

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

function medians({ together, single }) {
  return { together: median(together), single: median(single) };
}

/** Texts per second; both servers must agree on how many vectors there are, and how long they are. */
async function rate(requests, embed) {
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
}

async function embedByCria(port, input) {
  const { embeddings } = await answer(port, '/api/embed', { model: 'bench', input });
  return embeddings;
}

async function embedByPeer(port, input) {
  const { data } = await answer(port, '/v1/embeddings', { input });
  return data.map(({ embedding }) => embedding);
}

async function answer(port, url, body) {
  let text;
  await post(port, url, body, (line) => {
    text = line;
  });
  return JSON.parse(text);
}
