// The calls of bench/peers/run by undici: one Client (one connection), pipelining 10. Prints one line of JSON.
//
// usage: undici.mjs UNDICI_FOLDER PORT FAULT
import { createRequire } from 'node:module';
const [folder, port, fault] = process.argv.slice(2);
const require = createRequire(folder + '/');
const { Client } = require('undici');
const client = new Client(`https://127.0.0.1:${port}`, {
  pipelining: 10, headersTimeout: 1000, bodyTimeout: 1000, connect: { rejectUnauthorized: false },
});
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const results = {};
async function call(method, name, options = {}) {
  try {
    const { statusCode, body } = await client.request(
      { path: '/v1/accounts/9900000/sessions/' + name, method, body: method === 'POST' ? '{}' : undefined, ...options });
    const id = JSON.parse(await body.text()).id;
    results[`${method} ${name}`] = statusCode === 200 && id === name ? 'ok' : 'crossed';
  } catch (error) {
    results[`${method} ${name}`] = 'failed';
  }
}
async function calls() {
  if (fault === 'stale_post') {
    await call('GET', 'g0');
    await sleep(200);
    await call('POST', 'sessions');
  } else if (fault === 'abort') {
    await call('GET', 'g0');
    const abort = new AbortController();
    const all = [call('GET', 'g1'), call('POST', 'sessions'), call('GET', 'g2', { signal: abort.signal }), call('GET', 'g3')];
    await sleep(50);
    abort.abort();
    await Promise.all(all);
  } else {
    await call('GET', 'g0');
    await Promise.all(Array.from({ length: 9 }, (_, i) => call('GET', 'g' + (i + 1))));
  }
}
const hung = sleep(15000).then(() => true);
const late = await Promise.race([calls().then(() => false), hung]);
console.log(JSON.stringify({ results, hung: late }));
process.exit(0);
