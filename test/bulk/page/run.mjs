// Opens the HTML reports in a headless Chromium: no script error, every plot drawn, the figures in the
// tables, and no width at which the page has to be scrolled sideways, light and dark.
//
//   run.mjs TEST_BULK [FOLDER]   the test program, which writes the pages; a folder for screenshots
//
// Exit status: 0 all is well, 1 something is not, 77 Chromium or its driver is not installed.
// Needs Node.js 18.
import {spawn, spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {createInterface} from 'node:readline';
import {pathToFileURL} from 'node:url';

const [testProgram, screenshots] = process.argv.slice(2);
if (testProgram === undefined) {
    console.error('usage: run.mjs TEST_BULK [FOLDER FOR SCREENSHOTS]');
    process.exit(2);
}
const find = names => names.find(name => spawnSync(name, ['--version'], {stdio: 'ignore'}).status === 0);
const browser = find(['chromium', 'chromium-browser', 'google-chrome']);
const driver = find(['chromedriver']);
if (browser === undefined || driver === undefined) {
    console.log(
        '*** SKIPPED: Chromium and chromedriver (Debian: chromium, chromium-driver) are not both installed.');
    process.exit(77);
}

const folder = mkdtempSync(join(tmpdir(), 'bandwidth-webrtc-bulk-pages-'));
let failures = 0;
const check = (page, holds, what) => {
    if (holds) return;
    ++failures;
    console.log(`FAILED ${page}: ${what}`);
};

// ---- chromedriver, by the WebDriver protocol ----
const child = spawn(driver, ['--port=0'], {stdio: ['ignore', 'pipe', 'inherit']});
const port = await new Promise((done, failed) => {
    child.on('error', failed);
    child.on('exit', status => failed(new Error(`chromedriver ended with status ${status}`)));
    createInterface({input: child.stdout}).on('line', line => {
        const found = /started successfully on port (\d+)/.exec(line);
        if (found) done(found[1]);
    });
});
let session = '';
const command = async (method, path, body) => {
    const response = await fetch(`http://127.0.0.1:${port}/session${session}${path}`, {
        method,
        headers: {'Content-Type': 'application/json'},
        body: body === undefined ? undefined : JSON.stringify(body),
    });
    const {value} = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${value.error}: ${value.message}`);
    return value;
};
const devTools = (cmd, params) => command('POST', '/goog/cdp/execute', {cmd, params});
const execute = (script, ...args) =>
    command('POST', '/execute/sync', {script: `return (${script})(...arguments)`, args});

// ---- what runs in the page ----
const collectErrors = `
    window.scriptErrors = [];
    addEventListener('error', event => scriptErrors.push(String(event.message)));
    addEventListener('unhandledrejection', event => scriptErrors.push(String(event.reason)));
    document.addEventListener('securitypolicyviolation',
        event => scriptErrors.push('policy: ' + event.violatedDirective));`;

// Of each plot how many curves it has, what is wrong with them, and what it says when it is empty.
const inspectPlots = () => Object.fromEntries([...document.querySelectorAll('.plot')].map(plot => {
    const paths = [...plot.querySelectorAll('svg path:not(.cursor)')];
    const numbers = path => (path.getAttribute('d') ?? '').match(/-?[\d.]+(e-?\d+)?/g) ?? [];
    const wrong = paths.filter(path => {
        const d = path.getAttribute('d') ?? '';
        return /[^MLHVhvmaA\d\s.,-]/.test(d) || numbers(path).length < 2 ||
            !numbers(path).every(one => Number.isFinite(Number(one)));
    });
    const bars = [...plot.querySelectorAll('.bar')];
    const svg = plot.querySelector('svg');
    const drawing = svg?.getBoundingClientRect();
    const outside = svg === null ? [] : [...svg.querySelectorAll('path:not(.cursor), text')].filter(one => {
        const box = one.getBoundingClientRect();
        return box.left < drawing.left - 3 || box.right > drawing.right + 3 || box.top < drawing.top - 3 ||
            box.bottom > drawing.bottom + 3;
    });
    const texts =
        svg === null ? [] : [...svg.querySelectorAll('text')].map(text => text.getBoundingClientRect());
    const over = (a, b) =>
        a.left < b.right && b.left < a.right && a.top < b.bottom - 2 && b.top < a.bottom - 2;
    return [
        plot.id, {
            curves: plot.querySelectorAll('path.curve').length,
            dots: plot.querySelectorAll('path.dots').length,
            legend: plot.querySelectorAll('.legend button').length,
            bars: bars.length,
            barsOutside: bars.filter(bar => bar.scrollWidth > bar.clientWidth + 1).length,
            wrong: wrong.map(path => path.getAttribute('d')),
            outside: outside.map(one => one.textContent || one.getAttribute('d')),
            overlapping: texts.filter((a, i) => texts.some((b, k) => k > i && over(a, b))).length,
            empty: plot.querySelector('.empty')?.textContent ?? '',
        }
    ];
}));
const inspectWidth = () => ({
    scroll: document.documentElement.scrollWidth,
    body: document.body.scrollWidth,
    inner: innerWidth,
    background: getComputedStyle(document.body).backgroundColor,
});
const plotIds = ['plot-rate', 'plot-latency', 'plot-load', 'plot-again', 'plot-percentiles'];

// Curves by plot, in the order of plotIds; 0: the plot is empty, and says so.
const expectations = {
    single: [2, 3, 2, 3, 5],
    failing: [2, 3, 2, 3, 5],
    merged: [2, 3, 2, 3, 5],
    compared: [4, 6, 4, 6, 10],
    empty: [0, 0, 0, 0, 0],
    only_failures: [2, 0, 2, 3, 0],
    one_second: [2, 3, 2, 3, 1],
    an_hour: [2, 3, 2, 3, 5],
    three_hours: [4, 6, 4, 6, 10],
    many_operations: [2, 3, 2, 3, 15],
    many_operations_compared: [4, 6, 4, 6, 30],
};
const texts = {
    failing: [
        '255 of 36,255 calls failed', '7,251', "document.title='broken out'", 'HTTP 503 Service Unavailable',
        '18.4 ms', '1 threshold of 2 missed'
    ],
    single: ['All is well', '36,000', 'Call time', '87.5 %'],
    merged: ['3 reports of 3 shards, merged', '2 of 3'],
    compared: ['+40.0 %', 'Base: all is well'],
    empty: ['No call was made', 'No call failed'],
};

const media = scheme => ({features: [{name: 'prefers-color-scheme', value: scheme}]});
const resize = async (width, scheme) => {
    await devTools(
        'Emulation.setDeviceMetricsOverride', {width, height: 900, deviceScaleFactor: 1, mobile: false});
    await devTools('Emulation.setEmulatedMedia', media(scheme));
    // The page draws again in the frame behind the one in which it was laid out anew.
    for (let frame = 0; frame < 3; ++frame)
        await command('POST', '/execute/async', {script: 'requestAnimationFrame(arguments[0])', args: []});
};
const open = async name => command('POST', '/url', {url: pathToFileURL(join(folder, name + '.html')).href});
const errorsOf = async () => [
    ...await execute(() => window.scriptErrors),
    ...(await command('POST', '/se/log', {type: 'browser'})).map(one => one.message),
];
const screenshot = async (name, height) => {
    const size = await devTools('Page.getLayoutMetrics', {});
    const {data} = await devTools('Page.captureScreenshot', {
        captureBeyondViewport: true,
        clip: {
            x: 0,
            y: 0,
            width: size.cssContentSize.width,
            height: height ?? size.cssContentSize.height,
            scale: 1
        },
    });
    writeFileSync(join(screenshots, name + '.png'), Buffer.from(data, 'base64'));
};

const checkPlots = (name, plots, at) => {
    plotIds.forEach((id, i) => {
        const plot = plots[id];
        check(at, plot !== undefined, `${id} is missing`);
        if (plot === undefined) return;
        const expected = expectations[name][i];
        check(at, plot.curves === expected, `${id} has ${plot.curves} curves, not ${expected}`);
        const names = name.includes('compared') || name === 'three_hours' ? expected / 2 : expected;
        check(at, plot.legend === names, `${id} has ${plot.legend} names in its legend, not ${names}`);
        check(at, (plot.empty !== '') === (expected === 0), `${id} says '${plot.empty}'`);
    });
    const bars = {failing: 3, merged: 3, compared: 6, only_failures: 33, an_hour: 3}[name] ?? 0;
    check(at, (plots['plot-errors']?.bars ?? 0) === bars, `there are not ${bars} bars of errors`);
    for (const [id, plot] of Object.entries(plots)) {
        check(at, plot.wrong.length === 0, `${id} has paths such as '${plot.wrong[0]}'`);
        check(at, plot.outside.length === 0, `${id} is cut off: '${plot.outside[0]}'`);
        check(at, plot.overlapping === 0, `${id} has ${plot.overlapping} texts over others`);
        check(at, plot.barsOutside === 0, `${id} has bars that are too wide`);
    }
};

// The values of a plot by keys, by the pointer and by the legend.
const checkReading = async () => {
    await resize(1600, 'light');
    await open('failing');
    const read = await execute(() => {
        const box = document.querySelector('#plot-rate .drawing');
        const readout = box.querySelector('.readout');
        const press = key => box.dispatchEvent(new KeyboardEvent('keydown', {key, cancelable: true}));
        const texts = [readout.hidden];
        for (const key of ['Home', 'ArrowRight', 'ArrowRight', 'ArrowRight', 'End', 'Escape']) {
            press(key);
            texts.push(readout.hidden ? 'hidden' : readout.textContent);
        }
        const bounds = document.querySelector('#plot-percentiles .drawing').getBoundingClientRect();
        const percentiles = document.querySelector('#plot-percentiles .drawing');
        percentiles.dispatchEvent(new PointerEvent(
            'pointermove', {clientX: bounds.left + bounds.width / 2, clientY: bounds.top + 50}));
        texts.push(percentiles.querySelector('.readout').textContent);
        document.querySelector('#plot-rate .legend button').click();
        texts.push(document.querySelectorAll('#plot-rate path.curve').length);
        document.querySelector('#plot-rate .legend button').click();
        texts.push(document.querySelectorAll('#plot-rate path.curve').length);
        return texts;
    });
    const is = (i, text) => check('reading', String(read[i]).includes(text), `'${read[i]}' has no '${text}'`);
    is(0, 'true');
    is(1, '0 s');
    is(1, '600 /s');
    is(4, 'failed15 /s'); // in the fourth second 3 calls of each of 5 operations
    is(5, '59 s');
    is(6, 'hidden');
    check(
        'reading', /^9\d\.\d+ % of the callscreate_session\d/.test(read[7]), `percentiles say '${read[7]}'`);
    is(8, '1');
    is(9, '2');

    // What the script makes of the histograms is what the program has made of them: for each share the
    // latency lies between those that are drawn at both sides of it.
    const drawn = await execute(() => {
        const valuesOf = (id, steps) => {
            const box = document.querySelector(`#${id} .drawing`);
            const texts = [];
            box.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape', cancelable: true}));
            for (let i = 0; i < steps; ++i) {
                box.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', cancelable: true}));
                texts.push([...box.querySelectorAll('.readout p, .readout b')].map(one => one.textContent));
            }
            return texts;
        };
        const report = JSON.parse(document.getElementById('report').textContent);
        return {
            curve: valuesOf('plot-percentiles', 241),
            figures: report.operations[0].latency_ns,
            seconds: valuesOf('plot-latency', 60),
            records: report.series.map(second => second.latency_ns),
        };
    });
    const nanoseconds = text => {
        const [value, unit] = text.split(' ');
        return Number(value) * {'\u00b5s': 1e3, ms: 1e6, s: 1e9}[unit];
    };
    const near = (text, value) => Math.abs(nanoseconds(text) / value - 1) < 0.006; // texts have three digits
    for (const [share, name] of [[50, 'p50'], [90, 'p90'], [99, 'p99'], [99.9, 'p99_9']]) {
        const at = drawn.curve.findIndex(([place]) => parseFloat(place) >= share);
        const [low, high] = [drawn.curve[at - 1][1], drawn.curve[at][1]];
        check('reading',
            nanoseconds(low) <= drawn.figures[name] * 1.006 &&
                nanoseconds(high) >= drawn.figures[name] * 0.994,
            `${name} is ${drawn.figures[name]} ns, and ${low} to ${high} are drawn`);
    }
    check('reading', drawn.curve.some(([, value]) => near(value, drawn.figures.max)),
        'the longest latency is not drawn');
    drawn.records.forEach((record, i) => {
        const [place, p50, p99, max] = drawn.seconds[i];
        check('reading', near(p50, record.p50) && near(p99, record.p99) && near(max, record.max),
            `${place} has ${p50}, ${p99} and ${max}, and not ${record.p50}, ${record.p99} and ${
                record.max} ns`);
    });

    // Of an hour several seconds are one point: its percentiles are those of all calls in them.
    await open('an_hour');
    const point = await execute(() => {
        const box = document.querySelector('#plot-latency .drawing');
        box.dispatchEvent(new KeyboardEvent('keydown', {key: 'Home', cancelable: true}));
        box.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', cancelable: true}));
        const report = JSON.parse(document.getElementById('report').textContent);
        return {
            texts: [...box.querySelectorAll('.readout p, .readout b')].map(one => one.textContent),
            records: report.series.slice(5, 10).map(second => second.latency_ns),
        };
    });
    check('reading', point.texts[0].startsWith('5 s, '), `the second point is '${point.texts[0]}'`);
    const between = (text, name) => {
        const values = point.records.map(one => one[name]);
        return nanoseconds(text) <= Math.max(...values) * 1.006 &&
            nanoseconds(text) >= Math.min(...values) * 0.994;
    };
    check('reading', between(point.texts[1], 'p50') && between(point.texts[2], 'p99'),
        `5 seconds have ${point.texts.join()}`);
    check('reading', near(point.texts[3], Math.max(...point.records.map(one => one.max))),
        `the longest latency of 5 seconds is drawn as ${point.texts[3]}`);
};

try {
    const wrote = spawnSync(resolve(testProgram), ['-tc=html page: the pages for the browser are written'],
        {env: {...process.env, BANDWIDTH_WEBRTC_PAGES: folder}, encoding: 'utf8'});
    if (wrote.status !== 0) throw new Error(`${testProgram} wrote no pages: ${wrote.stdout}`);
    const pages = readdirSync(folder).map(file => file.replace(/\.html$/, '')).sort();
    if (pages.join() !== Object.keys(expectations).sort().join())
        throw new Error(`pages that are not known: ${pages}`);
    // The check of script errors has to see them.
    const broken = readFileSync(join(folder, 'single.html'), 'utf8');
    writeFileSync(join(folder, 'broken.html'), broken.replace('"series":', '"other":'));
    writeFileSync(join(folder, 'forbidden.html'),
        broken.replace('</main>', '<img src="https://example.invalid/a.png"></main>'));

    ({sessionId: session} = await command('POST', '', {
        capabilities: {
            alwaysMatch: {
                browserName: 'chrome',
                'goog:loggingPrefs': {browser: 'ALL'},
                'goog:chromeOptions': {
                    args: [
                        '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
                        '--hide-scrollbars', '--window-size=1600,900'
                    ]
                },
            }
        }
    }));
    session = '/' + session;
    await devTools('Page.enable', {});
    await devTools('Page.addScriptToEvaluateOnNewDocument', {source: collectErrors});
    if (screenshots !== undefined) mkdirSync(screenshots, {recursive: true});

    for (const name of ['broken', 'forbidden']) {
        await open(name);
        check(name, (await errorsOf()).length > 0, 'its error was not noticed');
    }
    for (const name of pages) {
        await resize(360, 'light');
        const begun = performance.now();
        await open(name);
        const took = performance.now() - begun;
        if (took > 5000) console.log(`${name} took ${Math.round(took)} ms`);
        for (const scheme of ['light', 'dark'])
            for (const width of [360, 800, 1600]) {
                const at = `${name} (${width} px, ${scheme})`;
                await resize(width, scheme);
                const size = await execute(inspectWidth);
                check(at, size.inner === width, `the window is ${size.inner} px wide`);
                check(at, size.scroll <= width && size.body <= width, `the page is ${size.scroll} px wide`);
                const [red] = size.background.match(/\d+/g).map(Number);
                check(at, (red > 128) === (scheme === 'light'), `the background is ${size.background}`);
                checkPlots(name, await execute(inspectPlots), at);
                if (screenshots !== undefined) await screenshot(`${name}-${width}-${scheme}`);
            }
        const text = await execute(() => document.body.innerText.replace(/\s+/g, ' '));
        for (const part of texts[name] ?? []) check(name, text.includes(part), `there is no '${part}'`);
        check(name, !/\bNaN\b|\bundefined\b|\bInfinity\b/.test(text), 'a figure is none');
        check(
            name, (await command('GET', '/title')) !== 'broken out', 'an error message was run as a script');
        const errors = await errorsOf();
        check(name, errors.length === 0, `script errors: ${errors.join('; ')}`);
    }
    await checkReading();
    if (screenshots !== undefined) {
        await execute(() => document.querySelector('#plot-rate .drawing')
                                .dispatchEvent(new KeyboardEvent('keydown', {key: 'End', cancelable: true})));
        await screenshot('reading', 1400);
    }
    await resize(800, 'dark');
    await devTools('Emulation.setEmulatedMedia', {media: 'print', ...media('dark')});
    const printed = await execute(inspectWidth);
    check('print', printed.background === 'rgb(255, 255, 255)', `the background is ${printed.background}`);
    check('print', printed.scroll <= 800, `the page is ${printed.scroll} px wide`);
    if (screenshots !== undefined) await screenshot('print');
    console.log(failures === 0 ? `all is well: ${pages.length} pages` : `${failures} failures`);
} finally {
    if (session !== '') await command('DELETE', '').catch(() => undefined);
    child.removeAllListeners('exit');
    child.kill();
    rmSync(folder, {recursive: true, force: true});
}
process.exitCode = failures === 0 ? 0 : 1;
