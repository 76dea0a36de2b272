// npm start: sets the clone up if needed, then runs cria in this very process: `node scripts/start.mjs serve`.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, ensureInstalled, root } from './setup.mjs';

ensureInstalled();
ensureBuilt();
await import(pathToFileURL(path.join(root, 'dist', 'main.js')).href);
