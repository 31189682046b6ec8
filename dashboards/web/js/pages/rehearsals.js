// Rehearsals: a card for each rehearsal with one line for each candidate; with `?name=` one of them
// whole: its verdict, the figures it rests on, its worst pairs, what was not copied, what it cost. Below
// them the gray releases, with `?release=` one of them.

import { get, post } from '../api.js';
import { h, put } from '../dom.js';
import { format } from '../format.js';
import { grayCard } from '../gray.js';
import { t } from '../lang.js';
import { command, empty, failure, pill, skeleton } from '../parts.js';
import { candidateCard, lookOf } from '../rehearsal.js';
import { query } from '../route.js';
import { list, said } from '../said.js';
import { table } from '../table.js';

const base = '/api/martlet/v1/rehearsals';
const stages = name => `${base}/${encodeURIComponent(name)}/stages`;
const stageExample = `curl -X POST http://127.0.0.1:9797/api/martlet/v1/rehearsals/shop/stages -d '{"version":"v2","share":0.01}'`;
const example = `rehearsals:
  - name: chat
    listen: 127.0.0.1:9800
    primary: http://127.0.0.1:8000
    candidates: [{name: v2, url: "http://127.0.0.1:8001"}]`;

export function open(place, context) {
  const trouble = h('div');
  const body = h('div.rehearsals', skeleton(6));
  put(place, trouble, body);
  let shown = null; // what is drawn: a refresh must not take a half-written reason away

  async function update(force = false) {
    const [name, release] = [query().get('name'), query().get('release')];
    let data;
    try {
      data = release ? await get(stages(release)) : name ? await get(`${base}/${encodeURIComponent(name)}`)
        : await Promise.all([get(base), get('/api/martlet/v1/stages')]);
      put(trouble);
    } catch (error) {
      put(shown === null ? body : trouble, failure(error, () => update()));
      return;
    }
    if (!force && place.querySelector('.answer[data-open]')) return;
    const text = (release || name || '') + JSON.stringify(data);
    if (!force && text === shown) return;
    shown = text;
    if (release) put(body, h('p', h('a', { href: '/rehearsals' }, '← ' + t('gray.all'))), gray(data, true));
    else if (name) drawOne(data);
    else drawAll(...data.map(list));
  }

  const gray = (one, isWhole) => grayCard(one, given => post(stages(one.name) + '/override', given)
    .then(() => { context.askHome(); return update(true); }), isWhole);

  const releases = all => [h('header.section-head', h('h2', t('gray.title'))), h('p.mute', t('gray.what')),
    all.length ? all.map(one => gray(one, false)) : h('section.card', h('p', t('gray.begin')), command(stageExample))];

  function drawAll(all, released) {
    if (!all.length && !released.length) {
      put(body, h('section.card.soon', empty(t('soon.rehearsals.title'), t('rehearsals.what')),
        h('h3', t('soon.bring')), h('p', t('rehearsals.begin')), command(example),
        h('p', t('rehearsals.replay')), command('martlet rehearse replay requests.jsonl --primary URL --candidate URL'),
        h('p', t('gray.begin')), command(stageExample)));
      return;
    }
    put(body, h('p.mute', t('rehearsals.what')), all.map(one => h('section.card', { 'data-name': one.name },
      head(one), h('div.flush', table([
        { title: t('rehearsals.candidate'), text: row => row.name, cell: row => h('a', { href: linkTo(one) }, row.name) },
        { title: t('rehearsals.verdict'), text: row => row.verdict, cell: row => [pill(lookOf(row), t('rehearsals.verdict.' + row.verdict)), row.reasons?.[0] ? h('div.mute', said(row.reasons[0])) : null] },
        { title: t('rehearsals.pairs'), numeric: true, value: row => row.pairs, cell: row => format(row.pairs, 'count') },
        { title: t('rehearsals.skipped'), numeric: true, value: skipped, cell: row => format(skipped(row), 'count') },
        { title: t('rehearsals.cost'), numeric: true, value: row => row.spent.money, cell: row => (row.spent.money ? format(row.spent.money) : row.spent.tokens ? t('rehearsals.tokens', { count: format(row.spent.tokens, 'count') }) : '–') },
      ], one.candidates, { caption: one.name })))), releases(released));
  }

  function drawOne(one) {
    const ask = (action, candidate, more = {}) => post(`${base}/${encodeURIComponent(one.name)}/${action}`, { candidate, ...more })
      .then(() => { context.askHome(); return update(true); });
    put(body, h('p', h('a', { href: '/rehearsals' }, '← ' + t('rehearsals.all'))), head(one),
      one.candidates.map(candidate => candidateCard(one, candidate, ask)));
  }

  const head = one => h('header.section-head', h('h2', h('a', { href: linkTo(one) }, one.name)),
    h('span.mute', t('rehearsals.listens', { listen: one.listen, primary: one.primary }), ' · ',
      t('rehearsals.requests'), ' ', format(one.requests, 'count')));

  update();
  return { update: () => update(), reread: () => update(true) };
}

const linkTo = one => '/rehearsals?name=' + encodeURIComponent(one.name);
const skipped = row => Object.values(row.skipped || {}).reduce((sum, count) => sum + count, 0);
