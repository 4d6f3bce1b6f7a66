// Starts the portal. A module of its own because the policy of the page forbids scripts inside it.
import init from '/assets/portal-glue.js';
import { start } from '/assets/boot.js';

await start(init, '/assets/portal.wasm', '/portal-sw.js', '/');
