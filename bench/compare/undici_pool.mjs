// The same requests by undici's Pool: pipelined, each body parsed as JSON and compared with the id that was asked for. The
// certificate is not checked, as floor does not.
//
// usage: undici_pool.mjs UNDICI_FOLDER ORIGIN PATH SESSION CONNECTIONS DEPTH REQUESTS
import { createRequire } from 'node:module';
const [folder, origin, path, session, ...numbers] = process.argv.slice(2);
const [connections, depth, requests] = numbers.map(Number);
if (!folder || folder === '--help' || ![connections, depth, requests].every((number) => number > 0)) {
  const usage = 'usage: undici_pool.mjs UNDICI_FOLDER ORIGIN PATH SESSION CONNECTIONS DEPTH REQUESTS';
  (folder === '--help' ? console.log : console.error)(usage);
  process.exit(folder === '--help' ? 0 : 2);
}
const { Pool } = createRequire(folder + '/')('undici');
const pool = new Pool(origin, { connections, pipelining: depth, connect: { rejectUnauthorized: false } });

// Node compiles while it runs; what that costs at the beginning would be the larger part of a short run.
const warmUp = 20000;
let left = warmUp;
async function calls() {
  while (left > 0) {
    left -= 1;
    // Without `blocking: false`, undici holds the next request back until the header section of this response has come.
    const { statusCode, body } = await pool.request({ path, method: 'GET', blocking: false });
    const { id } = await body.json();
    if (statusCode !== 200 || id !== session) throw new Error(`wrong response: ${statusCode}, session ${id}`);
  }
}

const callers = () => Promise.all(Array.from({ length: connections * depth }, calls));
let started, used;
try {
  await callers();
  left = requests;
  started = performance.now();
  used = process.cpuUsage();
  await callers();
} catch (error) {
  console.error(`undici: ${error.message}`);
  process.exit(1);
}
const seconds = (performance.now() - started) / 1000;
const { user, system } = process.cpuUsage(used);
console.log(`undici: ${requests} requests in ${seconds.toFixed(3)} s, ${(requests / seconds).toFixed(0)} requests/s`);
console.log(`own ${seconds} ${user / 1e6} ${system / 1e6}`);
await pool.close();
