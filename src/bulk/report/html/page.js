'use strict';
// Draws the plots of the page from the reports that are embedded in it. Whatever comes out of a report is set
// as text.
(() => {
    const reports = ['base', 'report']
                        .map(id => document.getElementById(id))
                        .filter(element => element !== null)
                        .map(element => JSON.parse(element.textContent));
    const compared = reports.length > 1;
    const mostPoints = 720; // of a line: of a longer run, several seconds are one point

    // ---- texts ----
    const count = value => Math.round(value).toLocaleString('en-US');
    const rate = value => (value >= 10 || Number.isInteger(value) ? count(value) : value.toFixed(2));
    const digits = value => value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
    const duration = ns => {
        if (ns < 999.5e3) return digits(ns / 1e3) + ' \u00b5s';
        if (ns < 999.5e6) return digits(ns / 1e6) + ' ms';
        if (ns < 59.95e9) return digits(ns / 1e9) + ' s';
        const seconds = Math.round(ns / 1e9);
        return Math.floor(seconds / 60) + ' m ' + (seconds % 60) + ' s';
    };
    const shortDuration = ns => {
        const [factor, unit] = ns < 1e6 ? [1e3, '\u00b5s'] : ns < 1e9 ? [1e6, 'ms'] : [1e9, 's'];
        return Number((ns / factor).toPrecision(3)).toLocaleString('en-US') + ' ' + unit;
    };
    const two = value => String(value).padStart(2, '0');
    const clock = seconds => Math.floor(seconds / 60) + ':' + two(seconds % 60);
    const hours = seconds => Math.floor(seconds / 3600) + ':' + two(Math.floor(seconds / 60) % 60);
    const elapsed = seconds => (seconds < 60 ? seconds + ' s' :
            seconds < 3600                   ? clock(seconds) + ' min' :
                                               hours(seconds) + ':' + two(seconds % 60) + ' h');

    // ---- histograms as the report has them: pairs of a counter's number and its count ----
    // Counters stand in groups: the first has twice as many as the others, of 64 ns each, and behind it each
    // group's are twice as wide as those before. For ascending shares this gives the latencies that so many
    // calls did not exceed.
    const fine = 1024; // counters of a group in an operation's histogram
    const coarse = 16; // in that of a second
    const percentiles = (group, counters, max, shares) => {
        const lowestOf = counter => {
            const number = counter < 2 * group ? 0 : Math.floor(counter / group) - 1;
            return (counter - number * group) * 2 ** number * 64;
        };
        let total = 0;
        for (let i = 1; i < counters.length; i += 2) total += counters[i];
        let at = 0;
        let seen = counters[1];
        return shares.map(share => {
            const rank = Math.max(1, Math.ceil(share * total * (1 - 1e-12)));
            while (seen < rank && at + 2 < counters.length) seen += counters[(at += 2) + 1];
            return Math.min(lowestOf(counters[at] + 1) - 1, max);
        });
    };
    const added = histograms => {
        const counts = new Map();
        for (const {counters} of histograms)
            for (let i = 0; i < counters.length; i += 2)
                counts.set(counters[i], (counts.get(counters[i]) ?? 0) + counters[i + 1]);
        return [...counts].sort(([a], [b]) => a - b).flat();
    };

    // ---- scales ----
    const niceStep = (span, ticks) => {
        const raw = span / ticks;
        const power = 10 ** Math.floor(Math.log10(raw));
        return power * [1, 2, 5, 10].find(factor => factor * power >= raw * 0.999);
    };
    const linearScale = values => {
        const largest = Math.max(1, values.reduce((a, b) => Math.max(a, b), 0));
        const step = Math.max(niceStep(largest, 5), largest <= 5 ? 1 : 0);
        const end = Math.ceil(largest / step) * step;
        const ticks = [];
        for (let i = 0; i * step <= end * 1.001; ++i) ticks.push(i * step);
        return {part: value => value / end, ticks};
    };
    const logScale = (values, mostTicks) => {
        let low = Infinity;
        let high = 0;
        for (const value of values) {
            if (value > 0) low = Math.min(low, value);
            high = Math.max(high, value);
        }
        if (high === 0) low = high = 1000;
        const all = [];
        for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)) + 1; ++power)
            for (const factor of [1, 2, 5]) all.push(factor * 10 ** power);
        const first = all.findLastIndex(tick => tick <= low * 1.0001);
        const last = Math.max(all.findIndex(tick => tick >= high * 0.9999), first + 1);
        const inside = all.slice(first, last + 1);
        const isPower = tick => Math.abs(Math.log10(tick) - Math.round(Math.log10(tick))) < 1e-6;
        const start = Math.log10(inside[0]);
        const span = Math.log10(inside[inside.length - 1]) - start;
        return {
            part: value => (Math.log10(Math.max(value, inside[0])) - start) / span,
            ticks: inside.length <= mostTicks ? inside : inside.filter(isPower),
        };
    };
    const timeSteps =
        [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400];
    const timeTicks = (seconds, room) => {
        const step =
            timeSteps.find(one => seconds / one <= room) ?? Math.ceil(seconds / room / 86400) * 86400;
        const text = seconds <= 120 ? String : seconds <= 7200 ? clock : hours;
        const ticks = [];
        for (let at = 0; at <= seconds; at += step) ticks.push({at, text: text(at)});
        return ticks;
    };

    // ---- drawing ----
    const svgElement = (name, attributes, parent, text) => {
        const made = document.createElementNS('http://www.w3.org/2000/svg', name);
        for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
        if (text !== undefined) made.textContent = text;
        parent.append(made);
        return made;
    };
    const element = (name, className, parent, text) => {
        const made = document.createElement(name);
        if (className) made.className = className;
        if (text !== undefined) made.textContent = text;
        parent.append(made);
        return made;
    };
    const classes = line =>
        `c${line.colour % 8}${line.base ? ' base' : ''}${line.colour >= 8 ? ' second' : ''}`;

    // A path through the points, and dots for those that no line would show.
    const shapes = (values, xOf, yOf) => {
        let path = '';
        let dots = '';
        const known = i => i >= 0 && i < values.length && values[i] !== null;
        const few = values.length <= 30;
        for (let i = 0; i < values.length; ++i) {
            if (!known(i)) continue;
            const [x, y] = [xOf(i).toFixed(1), yOf(values[i]).toFixed(1)];
            path += (known(i - 1) ? 'L' : 'M') + x + ' ' + y;
            if (few || (!known(i - 1) && !known(i + 1)))
                dots += `M${x} ${y}m-2.5 0a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0-5 0`;
        }
        return {path, dots};
    };

    // A plot has: lines {name, colour, base, values}, the values' common places on the x axis from 0 to 1,
    // ticks for it by its width, a scale for y, and texts.
    const makePlot = (id, plot) => {
        const figure = document.getElementById(id);
        const box = figure.querySelector('.drawing');
        box.replaceChildren();
        if (plot.lines.length === 0 || plot.empty) {
            element('p', 'empty', box, plot.empty || 'There is nothing to draw.');
            return;
        }
        const readout = element('div', 'readout', box);
        readout.hidden = true;
        readout.setAttribute('role', 'status');
        box.tabIndex = 0;
        box.setAttribute('role', 'group');
        box.setAttribute('aria-label',
            figure.querySelector('h3').textContent + ': a plot. The arrow keys tell the values.');
        const hidden = new Set();
        const points = plot.places.length;
        let at = -1; // the point that is read
        let area = null;
        let cursor = null;

        const draw = () => {
            const width = Math.max(240, box.clientWidth);
            const height = plot.tall ? Math.min(400, Math.max(280, width * 0.5)) : 240;
            const lines = plot.lines.filter(line => !hidden.has(line));
            const scale = plot.scale(
                lines.flatMap(line => line.values.filter(value => value !== null)), plot.tall ? 12 : 8);
            const labels = scale.ticks.map(plot.tick);
            const left = 12 + 7 * Math.max(...labels.map(label => label.length));
            area = {left, right: width - 14, top: 24, bottom: height - 42};
            const xOf = part => area.left + part * (area.right - area.left);
            const yOf = value => area.bottom - scale.part(value) * (area.bottom - area.top);
            box.querySelector('svg')?.remove();
            const svg = svgElement('svg', {viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true'}, box);
            svgElement('text', {x: 0, y: 12}, svg, plot.unit);
            scale.ticks.forEach((tick, i) => {
                const y = Math.round(yOf(tick)) + 0.5;
                svgElement('path', {class: 'grid', d: `M${area.left} ${y}H${area.right}`}, svg);
                svgElement('text', {x: area.left - 6, y: y + 4, 'text-anchor': 'end'}, svg, labels[i]);
            });
            const xTicks = plot.xTicks(Math.max(2, Math.floor((area.right - area.left) / 64)));
            let free = Infinity; // the place of the text to the right: one that would reach it is left out
            for (const tick of xTicks.reverse()) {
                const x = Math.round(xOf(tick.part)) + 0.5;
                svgElement('path', {class: 'axis', d: `M${x} ${area.bottom}v4`}, svg);
                const wide = tick.text.length * 3.6;       // half of it
                const middle = Math.min(x, width - wide); // at the end it would be cut off
                if (middle + wide + 6 > free) continue;
                free = middle - wide;
                svgElement('text', {x: middle, y: area.bottom + 18, 'text-anchor': 'middle'}, svg, tick.text);
            }
            svgElement('path',
                {class: 'axis', d: `M${area.left} ${Math.round(area.bottom) + 0.5}H${area.right}`}, svg);
            svgElement('text', {x: area.right, y: height - 6, 'text-anchor': 'end'}, svg, plot.xLabel);
            for (const line of lines) {
                const {path, dots} = shapes(line.values, i => xOf(plot.places[i]), yOf);
                if (path !== '') svgElement('path', {class: 'curve ' + classes(line), d: path}, svg);
                if (dots !== '') svgElement('path', {class: 'dots ' + classes(line), d: dots}, svg);
            }
            if (plot.marks?.length > 0)
                svgElement('path', {
                    class: 'rug',
                    d: plot.marks.map(i => `M${xOf(plot.places[i]).toFixed(1)} ${area.bottom + 1}v6`)
                           .join(''),
                },
                    svg);
            cursor = svgElement('path', {class: 'cursor'}, svg);
            show();
        };

        const show = () => {
            readout.hidden = at < 0;
            cursor.style.display = at < 0 ? 'none' : '';
            if (at < 0) return;
            const part = plot.places[at];
            const x = area.left + part * (area.right - area.left);
            cursor.setAttribute('d', `M${x.toFixed(1)} ${area.top}V${area.bottom}`);
            readout.replaceChildren();
            element('p', '', readout, plot.place(at));
            for (const line of plot.lines) {
                if (hidden.has(line)) continue;
                const row = element('div', '', readout);
                element('span', 'swatch ' + classes(line), row);
                element('span', '', row, line.name + (!compared ? '' : line.base ? ' (base)' : ' (new)'));
                const value = line.values[at];
                element('b', '', row, value === null || value === undefined ? '\u2013' : plot.value(value));
            }
            const scaled = x * box.clientWidth / Math.max(240, box.clientWidth);
            const width = readout.offsetWidth;
            const wanted = part < 0.5 ? scaled + 12 : scaled - 12 - width;
            readout.style.left = Math.max(0, Math.min(wanted, box.clientWidth - width)) + 'px';
        };
        const read = to => {
            at = Math.max(-1, Math.min(points - 1, to));
            show();
        };
        const nearest = part => {
            let [low, high] = [0, points - 1];
            while (high - low > 1) {
                const middle = (low + high) >> 1;
                if (plot.places[middle] <= part)
                    low = middle;
                else
                    high = middle;
            }
            return part - plot.places[low] <= plot.places[high] - part ? low : high;
        };
        const point = event => {
            const bounds = box.getBoundingClientRect();
            read(nearest((event.clientX - bounds.left - area.left) / (area.right - area.left)));
        };
        box.addEventListener('pointermove', point);
        box.addEventListener('pointerdown', point);
        box.addEventListener('pointerleave', () => read(-1));
        box.addEventListener('blur', () => read(-1));
        box.addEventListener('keydown', event => {
            const page = Math.max(1, Math.round(points / 10));
            const to = {
                ArrowRight: at + 1,
                ArrowLeft: Math.max(0, at - 1),
                PageUp: Math.max(0, at - page),
                PageDown: at + page,
                Home: 0,
                End: points - 1,
                Escape: -1,
            }[event.key];
            if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
            event.preventDefault();
            read(to);
        });

        const legend = element('div', 'legend', figure);
        for (const name of new Set(plot.lines.map(line => line.name))) {
            const lines = plot.lines.filter(line => line.name === name);
            const button = element('button', '', legend);
            button.type = 'button';
            button.setAttribute('aria-pressed', 'true');
            element('span', 'swatch ' + classes(lines.at(-1)), button);
            element('span', '', button, name);
            button.addEventListener('click', () => {
                const shown = hidden.has(lines[0]);
                for (const line of lines)
                    if (shown)
                        hidden.delete(line);
                    else
                        hidden.add(line);
                button.setAttribute('aria-pressed', String(shown));
                draw();
            });
        }
        if (compared) {
            const styles = element('span', 'styles', legend);
            element('span', 'swatch base', styles);
            element('span', '', styles, 'base');
            element('span', 'swatch', styles);
            element('span', '', styles, 'new');
        }
        let drawn = box.clientWidth;
        draw();
        new ResizeObserver(() => requestAnimationFrame(() => { // what is drawn may change the layout again
            if (box.clientWidth === drawn) return;
            drawn = box.clientWidth;
            draw();
        })).observe(box);
    };

    // ---- what happened by the second ----
    // Seconds in which there was no run, such as those before it was resumed, are not in the report. Of a pause of days
    // nothing would be left to see, so it is left out.
    const longestSeries = 200_000;
    const secondsOf = report => {
        const {series} = report;
        if (series.length === 0) return [];
        const first = series[0].second;
        const span = series.at(-1).second - first + 1;
        if (span > longestSeries) return series;
        const none = Object.fromEntries(Object.keys(series[0]).map(key => [key, key === 'latency_ns' ? null : 0]));
        const all = Array.from({length: span}, (_, i) => ({...none, second: first + i}));
        for (const one of series) all[one.second - first] = one;
        return all;
    };
    const allSeconds = new Map(reports.map(report => [report, secondsOf(report)]));
    const length = Math.max(...reports.map(report => allSeconds.get(report).length));
    const width =
        timeSteps.find(step => length / step <= mostPoints) ?? Math.ceil(length / mostPoints); // of a point
    const points = Math.ceil(length / width);
    const mean = values => values.reduce((a, b) => a + b, 0) / values.length;
    const largest = values => values.reduce((a, b) => Math.max(a, b), 0);
    const valuesOf = (report, of, together) => {
        const seconds = allSeconds.get(report);
        const values = [];
        for (let point = 0; point < points; ++point) {
            const some =
                seconds.slice(point * width, (point + 1) * width).map(of).filter(value => value !== null);
            values.push(some.length === 0 ? null : together(some));
        }
        return values;
    };
    const linesOf = (names, together) =>
        names.flatMap(([name, colour, of, ownTogether]) => reports.map((report, i) => ({
            name,
            colour,
            base: compared && i === 0,
            values: valuesOf(report, of, ownTogether ?? together),
        })));
    const seconds = Math.max(1, (points - 1) * width);
    const overTime = plot => ({
        ...plot,
        places: points === 1 ? [0.5] : Array.from({length: points}, (_, i) => i * width / seconds),
        xTicks: points === 1 ?
            () => [{part: 0.5, text: '0'}] :
            room => timeTicks(seconds, room).map(({at, text}) => ({part: at / seconds, text})),
        xLabel: (compared ? 'time since the start of each run' : 'time since the start') +
            (seconds <= 120         ? ' (s)' :
                    seconds <= 7200 ? ' (min:s)' :
                                      ' (h:min)'),
        place: i => {
            const start = elapsed(i * width);
            if (compared) return start;
            const date = new Date((allSeconds.get(reports[0])[0].second + i * width) * 1000);
            return start +
                (Number.isNaN(date.getTime()) ? '' : ', ' + date.toISOString().slice(11, 19) + ' UTC');
        },
        empty: length === 0 ? 'No call ended: there is nothing to draw.' : plot.empty,
    });
    const failures = valuesOf(reports.at(-1), second => second.failed, largest);
    const latencyOf = second => second.latency_ns;
    const largestOf = latencies => largest(latencies.map(one => one.max));
    const percentileOf = share => latencies => percentiles(coarse,
        latencies.length > 1 ? added(latencies) : latencies[0].counters, largestOf(latencies), [share])[0];
    const succeeded = reports.some(report => report.totals.succeeded > 0);
    const noLatency = 'No latency: no call succeeded.';

    makePlot('plot-rate', overTime({
        lines: linesOf(
            [['succeeded', 0, second => second.succeeded], ['failed', 1, second => second.failed]], mean),
        scale: linearScale,
        unit: 'calls per second',
        tick: rate,
        value: value => rate(value) + ' /s',
        marks: failures.flatMap((value, i) => (value > 0 ? [i] : [])),
    }));
    makePlot('plot-latency', overTime({
        lines: linesOf([
            ['p50', 0, latencyOf, percentileOf(0.5)], ['p99', 4, latencyOf, percentileOf(0.99)],
            ['max', 3, latencyOf, largestOf]
        ]),
        scale: logScale,
        unit: 'latency (log scale)',
        tick: shortDuration,
        value: duration,
        empty: succeeded ? undefined : noLatency,
    }));
    makePlot('plot-load', overTime({
        lines: linesOf(
            [['in flight', 0, second => second.in_flight], ['queued', 4, second => second.queued]], largest),
        scale: linearScale,
        unit: 'calls',
        tick: count,
        value: count,
    }));
    makePlot('plot-again', overTime({
        lines: linesOf(
            [
                ['sent again', 4, second => second.retries], ['throttled', 1, second => second.throttled],
                ['dials', 2, second => second.dials]
            ],
            mean),
        scale: linearScale,
        unit: 'per second',
        tick: rate,
        value: value => rate(value) + ' /s',
    }));
    if (width > 1)
        element('p', 'small', document.getElementById('plots'),
            `Each point is ${width} seconds: means of the rates, percentiles of all its calls, the largest ` +
                'numbers in flight and queued.');

    // ---- latency by percentile: x is the logarithm of 1 / (1 - share) ----
    const names = [...new Set(reports.flatMap(report => report.operations.map(one => one.operation)))];
    const measured = reports.flatMap(report => report.operations.filter(one => one.latency_ns !== null));
    const end = Math.max(
        1, ...measured.map(one => Math.log10(2 * one.succeeded))); // so the longest latency is there
    const samples = 241;
    const nines = Array.from({length: samples}, (_, i) => end * i / (samples - 1));
    const sharesOf = nines.map(one => 1 - 10 ** -one);
    // As many digits as tell it from the next nine.
    const shareText = share =>
        (100 * share).toFixed(share <= 0.99 ? 1 : Math.ceil(-Math.log10(1 - share)) - 1) + ' %';
    const curves = [];
    names.forEach((name, colour) => reports.forEach((report, i) => {
        const one = report.operations.find(operation => operation.operation === name);
        if (!one || one.latency_ns === null) return;
        const known = nines.filter(nine => nine <= Math.log10(2 * one.succeeded) + 1e-9).length;
        const values =
            percentiles(fine, one.latency_ns.counters, one.latency_ns.max, sharesOf.slice(0, known));
        curves.push({
            name,
            colour,
            base: compared && i === 0,
            values: nines.map((_, at) => (at < known ? values[at] : null)),
        });
    }));
    makePlot('plot-percentiles', {
        lines: curves,
        tall: true,
        places: nines.map(one => one / end),
        xTicks: () => [[0, '0 %'], [Math.log10(2), '50 %'], [1, '90 %'], [2, '99 %'], [3, '99.9 %'],
            [4, '99.99 %'], [5, '99.999 %'], [6, '99.9999 %'], [7, '99.99999 %'], [8, '99.999999 %']]
                          .filter(([nine]) => nine <= end * 1.001)
                          .map(([nine, text]) => ({part: nine / end, text})),
        xLabel: 'share of the calls',
        scale: logScale,
        unit: 'latency (log scale)',
        tick: shortDuration,
        value: duration,
        place: i => shareText(sharesOf[i]) + ' of the calls',
        empty: curves.length === 0 ? noLatency : undefined,
    });
})();
