// Explore: ask, see, refine. One PromQL expression, its chart over the range, its values now and what
// they cost. The state is in the URL in Prometheus' spelling, so that links of both open in both.

import { instant } from '../api.js';
import { h, put } from '../dom.js';
import { explained, explanation } from '../explain.js';
import { format, guessUnit, number } from '../format.js';
import { field, past } from '../field.js';
import { t } from '../lang.js';
import { metricText } from '../matrix.js';
import { empty, failure, notice, segments, skeleton } from '../parts.js';
import { missingLibrary, panel } from '../panel.js';
import { errorPlace } from '../promql.js';
import * as range from '../range.js';
import { query, setQuery } from '../route.js';
import { table } from '../table.js';

const examples = ['up', 'sum by (mode) (rate(node_cpu_seconds_total[5m]))', '1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes', 'topk(10, count by (__name__) ({__name__!=""}))'];
const seriesShownMax = 200; // lines of the table that are drawn at once; the rest is told

export function open(place) {
  const library = h('div');
  const trouble = h('div', { role: 'status' });
  const drawing = h('div');
  const views = h('div');
  const values = h('div');
  const plan = h('div');
  const editor = field(run);
  put(place, library,
    h('form.explore-bar', { onsubmit: event => { event.preventDefault(); editor.run(); } }, editor.element,
      h('button.primary', { type: 'submit' }, t('explore.run'))),
    trouble, drawing, views, values, plan);
  missingLibrary(library);
  let chart = null;
  let shown = '';
  let view = tab(); // 'values' or 'explain'

  function run(expr) {
    setQuery({ 'g0.expr': expr || null }, true);
    show(expr);
  }

  function show(expr) {
    chart?.end();
    chart = null;
    shown = expr;
    put(trouble);
    editor.problem(null);
    if (!expr) return welcome();
    put(values, h('div.card', skeleton(3)));
    put(plan, h('div.card', skeleton(3)));
    drawViews();
    chart = panel({ title: t('explore.over_time'), unit: guessUnit(expr), size: 'full', free: true, linked: false, empty: t('explore.empty_why'), queries: [{ expr }] });
    put(drawing, chart.element);
    chart.element.dataset.tall = '';
    update();
  }

  function welcome() {
    const old = past().slice(0, 8);
    put(drawing, h('section.card.welcome', empty(t('explore.welcome'), t('explore.welcome_why')),
      h('h3', t('explore.examples')), list(examples), old.length ? [h('h3', t('explore.history')), list(old)] : null));
    put(views);
    put(values);
    put(plan);
  }

  function drawViews() {
    put(views, segments(t('explore.view'), [['values', t('explore.values')], ['explain', t('explore.explain')]], view, chosen => {
      view = chosen;
      setQuery({ 'g0.tab': view === 'explain' ? view : null });
      unveil();
      update();
    }));
    unveil();
  }

  function unveil() {
    values.hidden = view !== 'values';
    plan.hidden = view !== 'explain';
  }

  const list = texts => h('ul.expr-list', texts.map(text => h('li', h('button.mono', { type: 'button', onclick: () => { editor.text = text; run(text); } }, text))));

  async function update() {
    const expr = shown;
    if (!expr) return;
    const [, to] = range.ends();
    try {
      const answer = await instant(expr, range.isLive() ? undefined : to / 1000);
      if (expr !== shown) return;
      put(trouble, [...(answer.warnings || []), ...(answer.infos || [])].map(text => notice('warn', text)));
      editor.problem(null);
      drawValues(answer.data, expr);
      if (answer.data.resultType === 'vector' || answer.data.resultType === 'scalar') {
        drawing.hidden = false;
        chart?.update();
      } else drawing.hidden = true; // a range of samples or a text has no line to draw
      if (view === 'explain') await explain(expr, to);
    } catch (error) {
      if (expr === shown) refused(error, expr);
    }
  }

  /** Asks what the query costs; asking runs it once more, so only while the tree is looked at. */
  async function explain(expr, to) {
    const root = await explained(expr, range.isLive() ? undefined : to / 1000);
    if (expr === shown) put(plan, explanation(root));
  }

  function refused(error, expr) {
    if (error.kind !== 'bad_data' || error.offline) {
      put(trouble, failure(error, update));
      return;
    }
    const place = errorPlace(editor.text, error.message, error.position);
    editor.problem(place.at === null ? null : place);
    put(trouble, notice('bad', h('span', place.at === null ? place.message : t('explore.error', { line: place.line, column: place.column, message: place.message }))));
    if (!chart?.data) { put(drawing); put(views); put(values); put(plan); }
  }

  function drawValues(data, expr) {
    const unit = guessUnit(expr);
    if (data.resultType === 'scalar' || data.resultType === 'string') {
      put(values, h('section.card.flush', head(1, expr), h('p.scalar', data.resultType === 'scalar' ? format(number(data.result[1]), unit) : data.result[1])));
      return;
    }
    const rows = data.result;
    if (!rows.length) {
      put(values, h('section.card', empty(t('explore.empty'), t('explore.empty_now'))));
      return;
    }
    const names = [...new Set(rows.flatMap(row => Object.keys(row.metric)))];
    const varied = names.filter(name => new Set(rows.map(row => row.metric[name] ?? '')).size > 1).slice(0, 6);
    const common = Object.fromEntries(names.filter(name => !varied.includes(name) && rows.every(row => row.metric[name] === rows[0].metric[name])).map(name => [name, rows[0].metric[name]]));
    const labelColumns = varied.length
      ? varied.map(name => ({ title: name === '__name__' ? t('table.metric') : name, text: row => row.metric[name] ?? '', cell: row => h('span.mono', row.metric[name] ?? '') }))
      : [{ title: t('table.series'), text: row => metricText(row.metric), cell: row => h('span.mono', metricText(row.metric)) }];
    put(values, h('section.card.flush', head(rows.length, expr, rows),
      varied.length && Object.keys(common).length ? h('p.common.mono.mute', metricText(common)) : null,
      table([...labelColumns, {
        title: t('table.value'), numeric: true, value: row => sample(row)[1],
        cell: row => (row.values ? t('explore.samples', { count: row.values.length, last: format(sample(row)[1], unit) }) : h('span', { title: row.value ? row.value[1] : '' }, row.value ? format(sample(row)[1], unit) : t('explore.histogram'))),
      }], rows, { caption: t('explore.values'), order: [labelColumns.length, 'down'], rowsMax: seriesShownMax })));
  }

  const sample = row => (row.value ? [row.value[0], number(row.value[1])] : row.values ? [row.values.at(-1)[0], number(row.values.at(-1)[1])] : [0, NaN]);

  function head(count, expr, rows) {
    return h('header.panel-head', h('h2', t('explore.values')), h('span.unit', t('explore.series', { count })),
      h('span.panel-tools', rows ? h('button.quiet', { type: 'button', onclick: () => save(rows) }, 'CSV') : null,
        h('a.quiet', { href: '/api/v1/query?' + new URLSearchParams({ query: expr }), target: '_blank', rel: 'noopener' }, 'JSON')));
  }

  editor.text = query().get('g0.expr') || '';
  show(editor.text);
  if (!editor.text) editor.focus();
  return {
    update,
    ranged: update,
    reread() {
      const wanted = query().get('g0.expr') || '';
      if (wanted === shown && view === tab()) return;
      view = tab();
      editor.text = wanted;
      show(wanted);
    },
    close: () => chart?.end(),
  };
}

const tab = () => (query().get('g0.tab') === 'explain' ? 'explain' : 'values');

/** Writes what the table shows as a file that spreadsheets read. */
function save(rows) {
  const names = [...new Set(rows.flatMap(row => Object.keys(row.metric)))];
  // A cell that begins like a formula is written as text, so that no label value can run in a spreadsheet.
  const quoted = text => `"${String(text ?? '').replace(/^[=+\-@]/, "'$&").replaceAll('"', '""')}"`;
  const lines = [[...names, 'time', 'value'].map(quoted).join(','), ...rows.map(row =>
    [...names.map(name => quoted(row.metric[name])), row.value?.[0] ?? '', row.value?.[1] ?? ''].join(','))];
  const link = h('a', { href: URL.createObjectURL(new Blob([lines.join('\n') + '\n'], { type: 'text/csv' })), download: 'martlet.csv' });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
