// A panel: title, unit in grey, live values as legend, plot: four things, always in that order. It
// asks its queries over the page's range, and is never blank: it shows a skeleton, words, or the
// last good data greyed under an error. `T` shows the table behind the chart; so does a missing
// chart library.

import { ranged } from './api.js';
import * as chart from './chart.js';
import { h, put } from './dom.js';
import { clock, format, unitText } from './format.js';
import { icon } from './icons.js';
import { t } from './lang.js';
import { join, summary } from './matrix.js';
import { command, empty, exploreLink, failure, notice, skeleton } from './parts.js';
import * as range from './range.js';
import { table } from './table.js';
import { banded, expectation, ribbonOf } from './unusual.js';

const bandsMax = 4; // more bands over each other are fog
const legendItemsMax = 8; // two lines of a half-wide panel; the rest is in the table

/**
 * `spec` = {title, unit, queries: [{expr, legend}], stacked, max, thresholds, empty, size, optional}.
 * `fill(expr, step)` puts in the page's variables. Gives {element, update, end}.
 */
export function panel(spec, fill = expr => expr) {
  const legend = h('ul.legend');
  const at = h('time.unit');
  const plot = h('div.plot');
  const note = h('div.panel-note');
  const tableButton = h('button.quiet.panel-tool', { type: 'button', title: t('panel.table'), 'aria-label': t('panel.table'), onclick: () => flip() }, icon('table'));
  const link = h('a.quiet.panel-tool', { title: t('panel.explore'), 'aria-label': t('panel.explore') }, icon('explore'));
  const element = h('section.card.panel', { tabindex: -1, 'data-size': spec.size || 'half', 'aria-label': spec.title },
    h('header.panel-head', h('h2', spec.title), h('span.unit', unitText(spec.unit)), at, h('span.panel-tools', tableButton, spec.linked === false ? null : link)),
    legend, plot, note);
  const isTouched = () => element.contains(document.activeElement) || element.matches(':hover');
  let drawn = null;      // the chart, while it shows
  let data = null;       // the last good answer
  let asTable = false;
  let isolated = null;   // the name of the one series shown alone
  let asked = null;      // the request under way
  put(plot, skeleton(1));

  async function update() {
    asked?.abort();
    const request = (asked = new AbortController());
    const grid = range.grid(element.clientWidth || 600, spec.stepAtLeast);
    try {
      const answers = await Promise.all(spec.queries.map(async query => {
        const expr = fill(query.expr, grid.step);
        const [answer, expected] = await Promise.all([
          ranged(expr, grid.start, grid.end, grid.step, request.signal), expectation(expr, grid, request.signal),
        ]);
        for (const one of answer.data.result) one.expected = expected(one.metric);
        return { result: answer.data.result, legend: query.legend, slot: query.slot, infos: [...(answer.warnings || []), ...(answer.infos || [])] };
      }));
      if (request.signal.aborted) return;
      data = { ...join(answers, grid), grid, infos: answers.flatMap(one => one.infos) };
      link.href = exploreLink(fill(spec.queries[0].expr, grid.step));
      await show();
    } catch (error) {
      if (error.name === 'AbortError') return;
      element.dataset.state = 'stale';
      if (!data) put(plot, failure(error, update));
      else put(note, failure(error, update));
    }
  }

  async function show() {
    element.dataset.state = 'ready';
    element.hidden = Boolean(spec.optional && !data.series.length);
    const band = bands();
    put(note, data.infos.length ? h('p.mute', [...new Set(data.infos)].join(' · ')) : null,
      band.ribbon.length || band.band ? h('p.mute', t(band.band ? 'panel.expected' : 'panel.unusual')) : null);
    const span = range.ends();
    if (!data.series.length) {
      stop();
      plot.removeAttribute('data-table');
      put(legend);
      put(plot, empty(t('panel.empty'), (spec.empty && (await measured()) && spec.empty) || t('panel.empty_why')));
      return;
    }
    drawLegend(null);
    const hasCharts = await chart.ready();
    plot.toggleAttribute('data-table', asTable || !hasCharts);
    if (asTable || !hasCharts) {
      stop();
      put(plot, values());
      return;
    }
    plot.setAttribute('role', 'img');
    plot.setAttribute('aria-label', sentence());
    const next = {
      labels: ['time', ...data.series.map(one => one.name)], styles: data.styles, ...band,
      range: span, visible: data.series.map(one => !isolated || one.name === isolated),
    };
    if (drawn) drawn.data(next);
    else drawn = chart.make(plot, { ...spec, ...next, onPoint: drawLegend });
  }

  /** Rows, with the bands of the series that show when they can be told apart, and the ribbon of all. */
  function bands() {
    const shown = data.series.map(one => (!isolated || one.name === isolated ? one.expected : null));
    const count = isolated ? 1 : data.series.length;
    const band = !spec.stacked && count <= bandsMax && shown.some(Boolean);
    return { band, ribbon: ribbonOf(shown, data.grid), rows: band ? data.rows.map((row, place) => banded(row, place, shown)) : data.rows };
  }

  /** Whether anything was measured in this range: only then may the panel say why it has nothing. */
  async function measured() {
    if (!spec.probe) return true;
    const { start, end, step } = data.grid;
    const answer = await ranged(fill(spec.probe, step), start, end, step).catch(() => null);
    return Boolean(answer?.data.result.length);
  }

  function stop() {
    drawn?.end();
    drawn = null;
    plot.removeAttribute('role');
    plot.removeAttribute('aria-label');
  }

  /** Values at the cursor, or the last ones when no cursor is there. */
  function drawLegend(row) {
    put(at, row ? clock(row[0]) : '');
    const items = data.series.map((one, i) => ({
      name: one.name, style: data.styles[i], value: row ? valueAt(row[i + 1]) : summary(one.values).last,
    }));
    const shown = items.slice(0, legendItemsMax);
    put(legend, shown.map(item => h('li', h('button', {
      type: 'button', 'aria-pressed': String(isolated === item.name), title: t('panel.isolate'),
      'data-off': isolated && isolated !== item.name ? '' : null, onclick: () => isolate(item.name),
    }, swatch(item.style), h('span.legend-name', item.name), h('b', format(item.value, spec.unit))))),
    items.length > shown.length
      ? h('li', h('button', { type: 'button', onclick: flip }, t('panel.more', { count: items.length - shown.length }))) : null);
  }

  function isolate(name) {
    isolated = isolated === name ? null : name;
    show();
  }

  function flip() {
    asTable = !asTable;
    tableButton.setAttribute('aria-pressed', String(asTable));
    if (data) show();
  }

  function values() {
    const rows = data.series.map((one, i) => ({ name: one.name, style: data.styles[i], ...summary(one.values) }));
    const column = key => ({ title: t('table.' + key), numeric: true, value: row => row[key], cell: row => format(row[key], spec.unit) });
    return table([
      { title: t('table.series'), text: row => row.name, cell: row => [swatch(row.style), row.name] },
      column('last'), column('min'), column('mean'), column('max'),
    ], rows, { caption: spec.title });
  }

  /** The chart in a sentence, for those who do not see it. */
  function sentence() {
    const told = data.series.slice(0, 4).map(one => {
      const { last, min, max } = summary(one.values);
      return t('panel.sentence', { name: one.name, last: format(last, spec.unit), min: format(min, spec.unit), max: format(max, spec.unit) });
    });
    return [spec.title, ...told].join('. ');
  }

  function onKey(event) {
    if (event.key !== 'T' || event.metaKey || event.ctrlKey || event.altKey) return; // `t` begins `t z`
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || !isTouched()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    flip();
  }
  addEventListener('keydown', onKey, true);

  return {
    element, update,
    get data() { return data; },
    end() {
      asked?.abort();
      removeEventListener('keydown', onKey, true);
      stop();
    },
  };
}

/** A cell of a chart's row is a value, or the value within its band. */
const valueAt = cell => (Array.isArray(cell) ? cell[1] : cell);

export function swatch(style) {
  return h('span.swatch', { 'aria-hidden': 'true', 'data-dash': style.dash ? '' : null, style: `--swatch:var(--c${style.slot})` });
}

/** The line on top of a page when the agent has no chart library. */
export async function missingLibrary(place) {
  if (await chart.ready()) return;
  put(place, notice('warn', h('span', t('panel.no_library')), command('sudo apt-get install -y libjs-dygraphs')));
}
