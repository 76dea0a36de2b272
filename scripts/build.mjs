// npm run build: compiles even when nothing looks changed.
import { ensureBuilt, ensureInstalled } from './setup.mjs';

ensureInstalled();
ensureBuilt({ force: true });
