// Makes a GGUF of a trained folder with cria itself: `node model/search/export.mjs FOLDER OUTPUT.gguf`. Matrices become Q8_0.
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { weightsOf, withServer } from '../../scripts/own-server.mjs';

const [folder, output] = process.argv.slice(2);
const work = mkdtempSync(path.join(tmpdir(), 'cria-export-'));
try {
  await withServer(path.join(work, 'models'), async (server) => {
    const modelfile = path.join(work, 'Modelfile');
    writeFileSync(modelfile, `FROM ${path.resolve(folder)}\n`);
    server.cria('create', 'exported', '-f', modelfile, '--quantize', 'q8_0');
    copyFileSync(await weightsOf(server, 'exported'), output);
  });
} finally {
  rmSync(work, { recursive: true, force: true });
}
