// Three hundred models: how long a list of them takes once everything is known, and the first list after a start.
import path from 'node:path';
import { root } from '../scripts/setup.mjs';
import { median, print } from './measure.mjs';
import { post, withCria } from './servers.mjs';

const nModels = 300;
const nRequests = 100;

export async function benchModels() {
  const mini = path.join(root, 'model', 'cria-mini.gguf');
  const { listMs, bytes } = await withCria(mini, {}, async (port) => {
    for (let i = 0; i < nModels; i++) {
      const body = { model: `model-${i}:v1`, from: 'bench', system: `You are number ${i}.` };
      await post(port, '/api/create', body, () => {});
    }
    const times = [];
    let bytes = 0;
    for (let i = 0; i < nRequests; i++) {
      const start = performance.now();
      const text = await (await fetch(`http://127.0.0.1:${port}/api/tags`)).text();
      times.push(performance.now() - start);
      bytes = text.length;
    }
    return { listMs: median(times), bytes };
  });
  print('');
  print(
    `GET /api/tags with ${nModels} models, ${Math.round(bytes / 1000)} KB: ${listMs.toFixed(1)} ms (wanted: 10)`,
  );
}
