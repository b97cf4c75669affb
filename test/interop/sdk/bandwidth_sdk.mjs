// bandwidth-sdk, Bandwidth's SDK for all its APIs: every operation of BRTC against the emulation, with a password and with client
// credentials.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { account, load, rejected, withLoopbackServer } from './loopback.mjs';

const { Configuration, EndpointsApi } = load('bandwidth-sdk');
const axios = createRequire(load.resolve('bandwidth-sdk'))('axios');

await withLoopbackServer(async (origin, httpsAgent) => {
    // The SDK takes another base URL for the API, but not for the token endpoint, so all that it sends to Bandwidth is sent elsewhere.
    axios.interceptors.request.use(request => {
        assert.ok(request.url.startsWith('https://api.bandwidth.com/'), request.url);
        request.url = request.url.replace('https://api.bandwidth.com', origin);
        return { ...request, httpsAgent, timeout: 10000 };
    });

    for (const credentials of [
        { username: 'user', password: 'secret' },
        { clientId: 'client', clientSecret: 'client-secret' },
    ]) {
        const api = new EndpointsApi(new Configuration(credentials));
        const made = await api.createEndpoint(account, {
            type: 'WEBRTC', direction: 'BIDIRECTIONAL', tag: 'my-tag', connectionMetadata: {},
            eventCallbackUrl: 'https://example.com/events', eventFallbackUrl: 'https://example.com/fallback',
        });
        assert.equal(made.status, 201);
        assert.deepEqual(made.data.errors, []);
        const { token, ...endpoint } = made.data.data;
        assert.match(token, /^[^.]+\.[^.]+\.[^.]+$/);
        assert.equal(endpoint.type, 'WEBRTC');
        assert.equal(endpoint.status, 'DISCONNECTED');
        assert.equal(endpoint.tag, 'my-tag');
        assert.equal(Date.parse(endpoint.expirationTimestamp) - Date.parse(endpoint.creationTimestamp), 24 * 3600 * 1000);
        const id = endpoint.endpointId;

        const read = await api.getEndpoint(account, id);
        assert.equal(read.status, 200);
        assert.deepEqual(read.data.data, endpoint);
        assert.equal((await api.createEndpoint(account, { type: 'WEBRTC', direction: 'INBOUND' })).status, 201);

        const first = await api.listEndpoints(account, 'WEBRTC', 'DISCONNECTED', undefined, 1);
        assert.equal(first.status, 200);
        assert.equal(first.data.data.length, 1);
        assert.equal(first.data.page.totalElements, 2);
        const next = first.data.links.find(link => link.rel === 'next');
        const second = await api.listEndpoints(account, 'WEBRTC', 'DISCONNECTED',
            new URL(next.href).searchParams.get('afterCursor'), 1);
        const listed = [...first.data.data, ...second.data.data].map(each => each.endpointId);
        assert.equal(new Set(listed).size, 2);
        assert.ok(listed.includes(id));

        const bxml = '<?xml version="1.0" encoding="UTF-8"?><Response><Pause duration="2"/></Response>';
        assert.equal((await api.updateEndpointBxml(account, id, bxml)).status, 204);
        for (const each of listed)
            assert.equal((await api.deleteEndpoint(account, each)).status, 204);

        const expect = async (status, type, call) => {
            const { response } = await rejected(call);
            assert.equal(response?.status, status);
            assert.equal(response.data.data, null);
            assert.equal(response.data.errors[0].type, type);
            assert.equal(response.data.errors[0].code, String(status));
        };
        await expect(404, 'resource_not_found', api.getEndpoint(account, id));
        await expect(404, 'resource_not_found', api.updateEndpointBxml(account, id, bxml));
        await expect(404, 'resource_not_found', api.deleteEndpoint(account, id));
        await expect(400, 'invalid_parameter', api.createEndpoint(account, { type: 'WEBRTC', direction: 'UP' }));
        await expect(400, 'invalid_parameter', api.listEndpoints(account, 'WEBRTC', undefined, undefined, 0));
        await expect(403, 'forbidden', api.listEndpoints('1234567'));
        await expect(401, 'unauthorized', new EndpointsApi(new Configuration({ username: 'user', password: 'wrong' })).listEndpoints(account));
    }

    const stranger = new EndpointsApi(new Configuration({ clientId: 'client', clientSecret: 'wrong' }));
    const { response } = await rejected(stranger.listEndpoints(account));
    assert.equal(response?.status, 401);
    assert.equal(response.data.error, 'invalid_client');
});
