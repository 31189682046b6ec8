// A dashboard from its definition in boards/*.json: stat tiles, panels, tables over one time range,
// with one variable filled from label values. `$instance` and `$rate` stand in the queries; `$rate`
// is four scrape intervals or four steps, whichever is longer, so that no rate is empty.

import { get, instant, ranged } from './api.js';
import { h, put } from './dom.js';
import { format } from './format.js';
import { t } from './lang.js';
import { empty, exploreLink, failure, skeleton } from './parts.js';
import { missingLibrary, panel } from './panel.js';
import { rowsOf } from './quick.js';
import * as range from './range.js';
import { query, setQuery } from './route.js';
import { share, sparkline } from './spark.js';
import { table } from './table.js';

const scrapeSeconds = 15; // the interval of the default configuration

export const fillIn = (expr, variables, step) =>
  Object.entries({ ...variables, rate: `${Math.max(4 * scrapeSeconds, 4 * step)}s` })
    .reduce((text, [name, value]) => text.replaceAll('$' + name, value), expr);

/** `@host.read` in a legend is a word of the language files. */
const worded = query => ({ ...query, legend: query.legend.replace(/@([\w.]*\w)/g, (whole, key) => t(key)) });

/** Loads and shows a board. Gives {update, end}. */
export async function board(place, name) {
  const answer = await fetch(`/boards/${name}.json`);
  if (!answer.ok) throw new Error(`/boards/${name}.json: ${answer.status}`);
  const spec = await answer.json();
  const library = h('div');
  const choice = h('div.variables');
  const stats = (spec.stats || []).map(one => stat(one, fill));
  const panels = (spec.panels || []).map(one => panel({ ...one, title: t(one.title), empty: one.empty && t(one.empty), probe: spec.variable?.probe, queries: one.queries.map(worded) }, fill));
  const tables = (spec.tables || []).map(one => instantTable(one, fill));
  let variables = {};
  function fill(expr, step) { return fillIn(expr, variables, step || 0); }

  put(place, library, choice, h('div.stats', stats.map(one => one.element)),
    h('div.panels', panels.map(one => one.element)), tables.map(one => one.element));
  missingLibrary(library);
  const update = async () => {
    // What the board is about may come after it was opened.
    if (spec.variable && !variables[spec.variable.name]) await fillVariable();
    await Promise.all([...stats, ...panels, ...tables].map(one => one.update()));
  };
  await fillVariable();
  update();

  async function fillVariable() {
    const { name: label, match } = spec.variable || {};
    if (!label) return;
    const values = await get(`/api/v1/label/${label}/values`, { 'match[]': match }).catch(() => []);
    const wished = query().get(label);
    variables[label] = values.includes(wished) ? wished : values[0] || '';
    if (values.length < 2) return;
    put(choice, h('label', h('span', t('board.' + label)), h('select', {
      onchange: event => {
        variables[label] = event.target.value;
        setQuery({ [label]: event.target.value }, true);
        update();
      },
    }, values.map(value => h('option', { value, selected: value === variables[label] }, value)))));
  }

  return { update, end: () => panels.forEach(one => one.end()) };
}

const stateOf = (value, { warn, bad }) => (bad !== undefined && value >= bad ? 'bad' : warn !== undefined && value >= warn ? 'warn' : '');

/** A number with its history. */
function stat(spec, fill) {
  const value = h('p.stat-value', skeleton(1));
  const line = h('div.stat-line');
  const link = h('a', t(spec.title));
  const element = h('section.card.stat', h('h2', link), value, line);
  async function update() {
    const grid = range.grid(120, scrapeSeconds);
    const expr = fill(spec.expr, grid.step);
    link.href = exploreLink(expr);
    try {
      const answer = await ranged(expr, grid.start, grid.end, grid.step);
      const first = answer.data.result[0];
      const points = first ? rowsOf(first, grid.start, grid.end, grid.step) : [];
      const last = points.findLast(([, one]) => one !== null)?.[1] ?? null;
      element.dataset.state = last === null ? 'empty' : stateOf(last, spec) || 'ok';
      put(value, format(last, spec.unit));
      put(line, spec.plain || last === null ? null : sparkline(points, { max: Math.min(spec.max ?? Infinity, 1.25 * Math.max(...points.map(p => p[1] ?? 0))) || null, height: 28, label: `${t(spec.title)}: ${format(last, spec.unit)}` }));
    } catch (error) {
      element.dataset.state = 'stale';
      element.title = error.message;
    }
  }
  return { element, update };
}

/** Several instant queries joined on labels, a row for each label set. */
function instantTable(spec, fill) {
  const body = h('div', skeleton(3));
  const note = h('div');
  const element = h('section.card.panel', { 'data-size': 'full', 'aria-label': t(spec.title) },
    h('header.panel-head', h('h2', t(spec.title))), body, note);
  let had = false;
  async function update() {
    try {
      const [, to] = range.ends();
      const answers = await Promise.all(spec.columns.map(one => instant(fill(one.expr, 0), range.isLive() ? undefined : to / 1000)));
      const rows = new Map();
      answers.forEach((answer, i) => {
        for (const { metric, value } of answer.data.result) {
          const key = spec.labels.map(label => metric[label] || '').join('\u0000');
          if (!rows.has(key)) rows.set(key, { metric });
          rows.get(key)[spec.columns[i].name] = Number(value[1]);
        }
      });
      const columns = [
        ...spec.labels.map(label => ({ title: label, text: row => row.metric[label] || '' })),
        ...spec.columns.map(one => ({ title: t(one.title), numeric: !one.flag, value: row => row[one.name], cell: row => cell(one, row[one.name]) })),
      ];
      const order = spec.sort && [spec.labels.length + spec.columns.findIndex(one => one.name === spec.sort[0]), spec.sort[1]];
      had = rows.size > 0;
      element.dataset.state = 'ready';
      put(note);
      put(body, had ? table(columns, [...rows.values()], { caption: t(spec.title), order }) : empty(t('panel.empty'), spec.empty && t(spec.empty)));
    } catch (error) {
      element.dataset.state = 'stale';
      put(had ? note : body, failure(error, update));
    }
  }
  return { element, update };
}

function cell(column, value) {
  if (column.flag) return value ? t('state.yes') : '';
  const text = format(value, column.unit);
  return column.bar ? h('span.share-cell', share(value, stateOf(value, column)), text) : text;
}
