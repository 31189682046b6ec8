// Decisions: one card for each question that is open now, understood in ten seconds; below it what was
// decided before and how often what was said came true.

import { get, post } from '../api.js';
import { capacity } from '../capacity.js';
import { decisionCard, question } from '../decision.js';
import { h, put } from '../dom.js';
import { ago, dateTime, format } from '../format.js';
import { t } from '../lang.js';
import { command, empty, failure, pill, skeleton } from '../parts.js';
import { query } from '../route.js';
import { list, millis, said } from '../said.js';
import { table } from '../table.js';

const key = one => `${one.name}/${one.subject || ''}`;
const askedAt = one => millis(one.asked_at) ?? 0;

export function open(place, context) {
  const trouble = h('div');
  const cards = h('div.decision-list', skeleton(6));
  const calibration = h('section');
  const history = h('section');
  const runsOut = h('section');
  put(place, trouble, runsOut, cards, calibration, history);
  let shown = null; // what the cards were made of: a refresh must not take a half-written reason away

  async function update(force = false) {
    capacity(runsOut);
    let data;
    try {
      data = await get('/api/martlet/v1/decisions');
      put(trouble);
    } catch (error) {
      if (error.status !== 404) {
        put(shown === null ? cards : trouble, failure(error, () => update()));
        return;
      }
      data = null;
    }
    const all = list(Array.isArray(data) ? data : data?.decisions).filter(one => one?.name);
    if (!force && place.querySelector('.answer[data-open]')) return;
    const text = JSON.stringify(data);
    if (!force && text === shown) return;
    shown = text;
    draw(all, list(data?.history).filter(one => one?.name), list(data?.calibration));
  }

  /** `past` is what the agent calls history; an agent without it mixes both, newest first. */
  function draw(all, past, rows) {
    if (!all.length) return drawEmpty();
    const newest = new Map();
    for (const one of [...all].sort((a, b) => askedAt(a) - askedAt(b))) newest.set(key(one), one);
    const [gate, name, subject] = ['gate', 'name', 'subject'].map(word => query().get(word));
    const now = [...newest.values()].sort((a, b) => weight(b) - weight(a) || (key(a) < key(b) ? -1 : 1));
    put(cards, now.map(one => decisionCard(one, { gate, answer, address: context.home()?.address || location.origin })));
    const earlier = all.filter(one => newest.get(key(one)) !== one);
    drawHistory([...earlier, ...past]);
    drawCalibration(rows);
    const target = gate ? cards.querySelector('[data-asked]') : name || subject
      ? [...cards.children].find((_, i) => (!name || now[i].name === name) && (!subject || now[i].subject === subject)) : null;
    target?.scrollIntoView({ block: gate ? 'center' : 'start' });
  }

  async function answer(one, body) {
    await post(`/api/martlet/v1/decisions/${encodeURIComponent(one.id)}/answer`, body);
    await update(true);
    context.askHome();
  }

  function drawHistory(earlier) {
    put(history, earlier.length ? [h('div.section-head', h('h2', t('decisions.history')), h('span.count', String(earlier.length))), h('div.card.flush', table([
      { title: t('decisions.asked'), value: askedAt, cell: one => h('time', { title: dateTime(askedAt(one)) }, ago(askedAt(one))) },
      { title: t('decisions.question'), text: question, cell: one => [question(one), one.subject ? h('span.mute', ' · ' + one.subject) : null] },
      { title: t('decisions.verdict'), text: one => said(one.summary), cell: one => said(one.summary) || '–' },
      { title: t('decisions.answer'), text: standing, cell: one => [standing(one), last(one)?.reason ? h('div.mute', last(one).reason) : null] },
      { title: t('releases.outcome'), text: turned, cell: one => (one.outcome ? [pill(one.outcome.came_true ? 'ok' : 'warn', turned(one)), h('div.mute', said(one.outcome.said))] : '–') },
    ], earlier, { caption: t('decisions.history'), order: [0, 'down'], rowsMax: 50 }))] : null);
  }

  function drawCalibration(rows) {
    put(calibration, rows.length ? [h('div.section-head', h('h2', t('decisions.calibration'))), h('div.card.flush', table([
      { title: t('decisions.question'), text: question },
      { title: t('decisions.promise'), text: row => (row.promise ? t('decisions.promise.' + row.promise) : '–') },
      { title: t('decisions.said'), numeric: true, value: row => row.said ?? null, cell: row => format(row.said, 'ratio') },
      { title: t('decisions.came_true'), numeric: true, value: row => row.came_true / row.of, cell: row => (row.of ? `${format(row.came_true / row.of, 'ratio')} (${row.came_true}/${row.of})` : '–') },
    ], rows, { caption: t('decisions.calibration') }))] : null);
  }

  function drawEmpty() {
    put(history);
    put(calibration);
    put(cards, h('section.card.soon', empty(t('soon.decisions.title'), t('soon.decisions.missing')), h('p.soon-what', t('soon.decisions.what')),
      h('h3', t('soon.bring')), h('p', t('delivery.begin')), command('martlet import git .'), command('martlet connect github NAME')));
  }

  update();
  return { update: () => update(), reread: () => update(true) };
}

const last = one => list(one.answers).at(-1);
const standing = one => (last(one) ? t(last(one).kind === 'override' ? 'decisions.override' : 'decisions.accept') : t('decisions.open'));
const turned = one => (one.outcome ? t(one.outcome.came_true ? 'decisions.as_said' : 'decisions.not_as_said') : '');

/** What nobody answered comes first, of these what stops or waits. */
function weight(one) {
  const urgent = { no_go: 3, roll_back: 3, retrain: 3, recalibrate: 2, label_sample: 2, go_with_conditions: 2, take: 1, go: 1 }[one.verdict] ?? 0;
  return (last(one) ? 0 : 10) + urgent;
}
