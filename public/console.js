// Starts the console. A module of its own because the policy of the page forbids scripts inside it.
import init from '/assets/console-glue.js';
import { start } from '/assets/boot.js';

await start(init, '/assets/console.wasm', '/sw.js', '/console');
