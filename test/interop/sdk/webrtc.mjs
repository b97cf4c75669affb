// @bandwidth/webrtc, Bandwidth's SDK for servers in Node.js: every operation of the WebRTC API against the emulation.
import assert from 'node:assert/strict';
import { account, load, rejected, withLoopbackServer } from './loopback.mjs';

const { ApiController, Client } = load('@bandwidth/webrtc');

await withLoopbackServer(async (origin, httpsAgent) => {
    const connect = basicAuthPassword => new ApiController(new Client({
        environment: 'custom', baseUrl: `${origin}/v1`, basicAuthUserName: 'user', basicAuthPassword, timeout: 10000,
        unstable_httpClientOptions: { httpsAgent },
    }));
    const api = connect('secret');

    // Without a body the SDK sends null.
    const nameless = await api.createSession(account);
    assert.equal(nameless.statusCode, 200);
    const made = await api.createSession(account, { tag: 'a session' });
    assert.equal(made.statusCode, 200);
    assert.equal(made.result.tag, 'a session');
    const session = made.result.id;
    assert.notEqual(session, nameless.result.id);
    assert.deepEqual((await api.getSession(account, session)).result, made.result);

    const join = async tag => {
        const { statusCode, result } = await api.createParticipant(account, {
            callbackUrl: 'https://example.com/events', publishPermissions: ['AUDIO', 'VIDEO'], tag, deviceApiVersion: 'V3',
        });
        assert.equal(statusCode, 200);
        assert.match(result.token, /^[^.]+\.[^.]+\.[^.]+$/);
        return result.participant;
    };
    const alice = await join('alice');
    const bob = await join('bob');
    assert.equal((await api.createParticipant(account)).statusCode, 200);
    assert.deepEqual(alice.sessions, []);
    assert.equal(alice.callbackUrl, 'https://example.com/events');
    assert.deepEqual(new Set(alice.publishPermissions), new Set(['AUDIO', 'VIDEO']));
    assert.equal(alice.deviceApiVersion, 'V3');

    const toAlice = { sessionId: session, participants: [{ participantId: alice.id, streamAliases: ['camera'] }] };
    assert.equal((await api.addParticipantToSession(account, session, alice.id)).statusCode, 204);
    assert.equal((await api.addParticipantToSession(account, session, bob.id, toAlice)).statusCode, 204);
    const listed = (await api.listSessionParticipants(account, session)).result;
    assert.deepEqual(listed.map(each => each.tag).sort(), ['alice', 'bob']);
    const subscriptions = async () => (await api.getParticipantSubscriptions(account, session, bob.id)).result;
    assert.deepEqual(await subscriptions(), toAlice);
    const toAll = { sessionId: session };
    assert.equal((await api.updateParticipantSubscriptions(account, session, bob.id, toAll)).statusCode, 204);
    assert.equal((await subscriptions()).sessionId, session);
    assert.equal((await api.updateParticipantSubscriptions(account, session, bob.id)).statusCode, 204);
    assert.ok(!(await subscriptions()).sessionId);
    const read = (await api.getParticipant(account, bob.id)).result;
    assert.deepEqual(read.sessions, [session]);

    assert.equal((await api.removeParticipantFromSession(account, session, bob.id)).statusCode, 204);
    assert.deepEqual((await api.getParticipant(account, bob.id)).result.sessions, []);
    assert.equal((await api.deleteParticipant(account, bob.id)).statusCode, 204);
    assert.equal((await api.deleteSession(account, session)).statusCode, 204);

    const expect = async (statusCode, body, call) => {
        const error = await rejected(call);
        assert.equal(error.statusCode, statusCode, String(error));
        assert.match(error.body, body);
    };
    await expect(404, /"error"/, api.getSession(account, session));
    await expect(404, /"error"/, api.getParticipant(account, bob.id));
    await expect(404, /"error"/, api.deleteSession(account, session));
    await expect(400, /"error"/, api.createSession(account, { tag: 'x'.repeat(51) }));
    await expect(401, /"message":"Unauthorized"/, connect('wrong').getSession(account, session));
    await expect(401, /"message":"Unauthorized"/, api.getSession('1234567', session));
});
