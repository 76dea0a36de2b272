// Plays engine/quantize.js: the name of the source tells what happens.
import { writeFileSync } from 'node:fs';

const [libraryDir, source, target, fileType] = process.argv.slice(2);
switch (source) {
  case 'good':
    process.stderr.write('llama_model_loader: loaded\n[   1/   2] token_embd.weight    - [ 32, 7], type = f16, ');
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.stderr.write('converting to q8_0 .. size = 1\n[   2/   2] output.weight - [ 32], type = f32, size = 1\n');
    writeFileSync(target, `${libraryDir} ${fileType}`);
    break;
  case 'imatrix':
    process.stderr.write('[ 1/ 2] token_embd.weight - [ 32 ]\nMissing importance matrix for tensor x\n');
    process.exitCode = 1;
    break;
  case 'bad':
    process.stderr.write('llama_model_quantize: failed to quantize: data is not within the file bounds\n');
    process.exitCode = 1;
    break;
  case 'crash':
    process.kill(process.pid, 'SIGABRT');
    break;
  case 'hang':
    process.stderr.write('[ 1/ 2] token_embd.weight - [ 32 ]\n');
    setInterval(() => {}, 1000);
    break;
}
