// Delivery: how the team ships. DORA's five first, then every figure by group, iterations, where work
// waits, releases. Nothing is shown without how many rows stand behind it; a click opens them.

import { get, ranged } from '../api.js';
import { h, put } from '../dom.js';
import { has, t } from '../lang.js';
import { openFigure } from '../figure.js';
import { flowOf } from '../flow.js';
import { iterationsOf } from '../iterations.js';
import { card, dora, groupNames, groupOf, known, nameOf, scopeName, why } from '../kpi.js';
import { command, empty, failure, skeleton } from '../parts.js';
import { rowsOf } from '../quick.js';
import { watchesOf } from '../release.js';
import { releasesOf } from '../releases.js';
import { query, setQuery } from '../route.js';
import { list, said } from '../said.js';

const weeks = 52; // a year: what is usual shows only over seasons
const stepSeconds = 7 * 86400; // the history of figures is kept by the week
const parts = ['team', 'repository', 'service'];
const series = '{__name__=~"delivery_.+"}';

export function open(place) {
  const trouble = h('div');
  const bar = h('div.delivery-bar');
  const top = h('section', { 'aria-label': t('delivery.dora') }, skeleton(4));
  const rest = h('div.delivery-groups');
  const watches = h('section', { 'aria-label': t('releases.watches') });
  const iterations = h('section', { 'aria-label': t('iterations.title') });
  const flow = h('section', { 'aria-label': t('flow.title') });
  const releases = h('section', { 'aria-label': t('delivery.release') });
  put(place, trouble, bar, top, watches, rest, iterations, flow, releases);
  let kpis = null;
  let note = null;
  let lines = new Map(); // id → points of its history
  let scopes = [];
  let dialog = null;
  let more = false; // whether the list of figures without data is open

  const scope = () => Object.fromEntries(parts.map(part => [part, query().get(part)]).filter(([, value]) => value));

  async function update() {
    try {
      const data = await get('/api/martlet/v1/kpis', scope());
      kpis = list(data?.kpis).filter(kpi => kpi?.id);
      note = data?.note;
      put(trouble);
    } catch (error) {
      if (error.status !== 404) {
        if (kpis) put(trouble, failure(error, update));
        else put(top, failure(error, update));
        return;
      }
      kpis = [];
    }
    draw();
    if (!kpis.some(known)) return;
    const unitOf = id => kpis.find(kpi => kpi.id === id)?.unit;
    await Promise.all([history(), findScopes(), ask('watches', watches, data => watchesOf(data, unitOf)), ask('iterations', iterations, iterationsOf), ask('flow', flow, flowOf), ask('releases', releases, data => releasesOf(data, unitOf))]);
    draw();
  }

  /** A part that the agent does not offer is not there; another error is said in its place. */
  async function ask(name, where, made) {
    try {
      const content = made(await get('/api/martlet/v1/delivery/' + name, scope()));
      put(where, content ? [h('div.section-head', h('h2', where.getAttribute('aria-label'))), content] : null);
    } catch (error) { put(where, error.status === 404 ? null : failure(error, update)); }
  }

  async function history() {
    const end = Math.ceil(Date.now() / 1000 / 86400) * 86400;
    const start = end - weeks * stepSeconds;
    // Without a window: the live figures look back over months, the history is what happened in each week.
    const wanted = ['window=""', ...parts.map(part => `${part}=${JSON.stringify(scope()[part] || '')}`)].join(',');
    try {
      const answer = await ranged(`last_over_time({__name__=~"delivery_.+",${wanted}}[1w])`, start, end, stepSeconds);
      lines = new Map(list(answer.data?.result).map(one => {
        // A week without a row has no value; what happens every other week is still one line.
        const id = String(one.metric.__name__).slice('delivery_'.length);
        const known = rowsOf(one, start, end, stepSeconds).filter(([, value]) => value !== null);
        // The week that runs has not had its share yet: a count of it would look like a fall.
        if (known.length > 2 && kpis.find(kpi => kpi.id === id)?.unit === 'count') known.pop();
        return [id, known];
      }));
    } catch { lines = new Map(); } // cards without a line still say their value
  }

  async function findScopes() {
    if (scopes.length) return;
    try {
      const found = new Map();
      for (const labels of list(await get('/api/v1/series', { 'match[]': series, start: Math.floor(Date.now() / 1000) - weeks * stepSeconds }))) {
        const one = Object.fromEntries(parts.filter(part => labels[part]).map(part => [part, labels[part]]));
        found.set(scopeName(one), one);
      }
      scopes = [...found].sort(([a, one], [b, other]) => Object.keys(one).length - Object.keys(other).length || (a < b ? -1 : 1)).map(([, one]) => one);
    } catch { scopes = []; }
  }

  function draw() {
    drawBar();
    if (!kpis.some(known)) return drawEmpty();
    const byId = new Map(kpis.map(kpi => [kpi.id, kpi]));
    const cards = found => h('div.stats.kpis', found.map(kpi => card(kpi, { points: lines.get(kpi.id), weeks, open: show })));
    const first = dora.map(id => byId.get(id)).filter(Boolean);
    put(top, h('div.section-head', h('h2', t('delivery.dora'))), cards(first), h('p.mute.small', t('delivery.dora_note')));
    const others = kpis.filter(kpi => !dora.includes(kpi.id));
    const blank = others.filter(kpi => !known(kpi));
    put(rest, groupNames.map(name => {
      const found = others.filter(kpi => known(kpi) && groupOf(kpi.id) === name);
      return found.length ? h('section', { 'aria-label': t('delivery.' + name) }, h('div.section-head', h('h2', t('delivery.' + name))), cards(found)) : null;
    }), blank.length ? h('details.card.blank', { open: more, ontoggle: event => { more = event.target.open; } },
      h('summary', t('delivery.unknown', { count: blank.length })),
      h('dl.line-fields', blank.map(kpi => [h('dt', h('button.quiet', { type: 'button', onclick: () => show(kpi.id) }, nameOf(kpi.id))), h('dd', why(kpi))]))) : null);
    asked();
  }

  function drawBar() {
    const now = scopeName(scope());
    const notes = new Map(kpis.flatMap(kpi => list(kpi.notes)).filter(one => !/\.open$/.test(one?.key || '')).map(one => [said(one), one]));
    const choice = scopes.length > 1 ? h('label.scope', h('span.mute', t('delivery.scope')), ' ', h('select', { onchange: event => {
      const chosen = scopes[event.target.selectedIndex] || {};
      setQuery(Object.fromEntries(parts.map(part => [part, chosen[part] || null])), true);
      update();
    } }, scopes.map(one => h('option', { selected: scopeName(one) === now }, scopeName(one))))) : null;
    put(bar, choice, [...notes.keys(), note ? said(note) : ''].filter(Boolean).map(text => h('span.mute', text)));
  }

  function drawEmpty() {
    put(rest);
    put(bar);
    for (const part of [watches, iterations, flow, releases]) put(part);
    put(top, h('section.card.soon', empty(note ? said(note) : t('soon.delivery.title'), t('soon.delivery.missing')), h('p.soon-what', t('soon.delivery.what')),
      h('h3', t('soon.bring')), h('p', t('delivery.begin')), command('martlet import git .'), command('martlet connect github NAME')));
  }

  function show(id) {
    setQuery({ kpi: id }, true);
    asked();
  }

  /** Opens what `?kpi=` names, once; `?iteration=` and `?release` of a decision's link lead to their part. */
  function asked() {
    const id = query().get('kpi');
    if (!id) { dialog?.close(); return; }
    if (dialog) return;
    const kpi = kpis?.find(one => one.id === id) || (has('kpi.name.' + id) ? { id, value: null } : null);
    if (!kpi) return;
    dialog = openFigure(kpi, { points: lines.get(id), weeks, scope: scope(), onClose: () => { dialog = null; setQuery({ kpi: null }); } });
  }

  update().then(() => { if (query().get('iteration')) iterations.scrollIntoView({ block: 'start' }); });
  return {
    update,
    reread() { update(); },
    close() { dialog?.close(); },
  };
}
