// What the tests with Bandwidth's SDKs share. Each is started with the program bandwidth-webrtc-loopback, and with the folder into which the npm
// packages are installed.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent } from 'node:https';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const [program, packages] = process.argv.slice(2).map(each => resolve(each));
if (!existsSync(join(packages, 'installed.json'))) {
    console.log('*** SKIPPED: the npm packages are not installed, so no SDK was tried.');
    process.exit();
}

/** Loads a package from the folder. */
export const load = createRequire(join(packages, 'package.json'));

export const account = '9900000';

/**
 * Starts bandwidth-webrtc-loopback, and calls `run` with its origin and an agent that trusts its certificate. The process ends with 0 when that
 * succeeds.
 */
export async function withLoopbackServer(run) {
    const folder = mkdtempSync(join(tmpdir(), 'bandwidth_webrtc_sdk_'));
    const ca = join(folder, 'ca.pem');
    const server = spawn(program, ['--port', '0', '--write-ca', ca], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
        const origin = await new Promise((found, failed) => {
            let printed = '';
            server.stdout.on('data', text => {
                printed += text;
                const url = /https:\/\/localhost:\d+/.exec(printed);
                if (url && existsSync(ca))
                    found(url[0]);
            });
            server.on('exit', () => failed(new Error(`bandwidth-webrtc-loopback ended: ${printed}`)));
        });
        const agent = new Agent({ ca: readFileSync(ca) });
        await run(origin, agent);
        agent.destroy();
    } finally {
        server.kill();
        rmSync(folder, { recursive: true });
    }
}

/** Fails unless the promise is rejected, and returns with what. */
export async function rejected(promise) {
    const outcome = await promise.then(() => undefined, error => error);
    assert.ok(outcome, 'a call succeeded that had to fail');
    return outcome;
}
