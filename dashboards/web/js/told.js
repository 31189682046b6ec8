// What happened, on the Alerts page: how alerts changed, who was told what and with which answer, and
// what was learnt, which the next notification of the same alert says again.

import { get, post, remove } from './api.js';
import { h, put } from './dom.js';
import { dateTime, format } from './format.js';
import { t } from './lang.js';
import { empty, failure, pill, segments } from './parts.js';
import { table } from './table.js';

const looks = { pending: 'warn', firing: 'bad', resolved: 'ok', inactive: 'empty', delivered: 'ok', failed: 'warn', given_up: 'bad' };

/** `{draw()}` over a section. */
export function told(section) {
  let view = 'deliveries';
  const body = h('div');
  put(section, h('div.section-head', h('h2', t('told.title')), segments(t('told.title'), ['deliveries', 'history', 'lessons'].map(name =>
    [name, t('told.' + name), t('told.' + name)]), view, name => { view = name; draw(); })), body);

  async function draw() {
    try {
      const rows = await get('/api/martlet/v1/alerts/' + view, { limit: view === 'lessons' ? '' : 100 });
      put(body, view === 'lessons' ? form() : null, rows.length ? h('div.card.flush', table(columns[view], rows, { caption: t('told.' + view), order: [0, 'down'] }))
        : h('div.card', empty(t('told.none_' + view), t('told.none_why_' + view))));
    } catch (error) { put(body, failure(error, draw)); }
  }

  const when = { title: t('told.when'), value: row => row.time, cell: row => dateTime(row.time * 1000) };
  const columns = {
    deliveries: [when,
      { title: t('told.receiver'), text: row => row.receiver },
      { title: t('told.what'), text: row => row.group, cell: row => h('code', row.group) },
      { title: t('told.attempt'), numeric: true, value: row => row.attempt, cell: row => String(row.attempt) },
      { title: t('told.outcome'), text: row => row.outcome, cell: row => pill(looks[row.outcome], t('told.' + row.outcome)) },
      { title: t('told.answer'), text: row => row.answer },
      { title: t('told.took'), numeric: true, value: row => row.seconds, cell: row => format(row.seconds, 'seconds') }],
    history: [when,
      { title: t('told.alert'), text: row => row.alert },
      { title: t('told.state'), text: row => row.state, cell: row => pill(looks[row.state], t('told.' + row.state)) },
      { title: t('told.value'), numeric: true, value: row => row.value, cell: row => (row.value === null ? '' : format(row.value)) },
      { title: t('told.labels'), text: row => labels(row), cell: row => h('code', labels(row)) }],
    lessons: [when,
      { title: t('told.alert'), text: row => row.alert },
      { title: t('told.cause'), text: row => row.cause },
      { title: t('told.measure'), text: row => row.measure },
      { title: t('told.author'), text: row => row.author },
      { title: '', text: () => '', cell: row => h('button.quiet', { type: 'button', onclick: () => drop(row) }, t('told.remove')) }],
  };

  async function drop(row) {
    try { await remove('/api/martlet/v1/alerts/lessons/' + row.id); } catch (error) { put(body, failure(error, draw)); return; }
    draw();
  }

  function form() {
    const field = name => h('input', { type: 'text', placeholder: t('told.' + name), 'aria-label': t('told.' + name) });
    const fields = { alert: field('alert'), cause: field('cause'), measure: field('measure'), author: field('author') };
    const said = h('p.mute', { role: 'status' });
    const keep = async event => {
      event.preventDefault();
      try {
        await post('/api/martlet/v1/alerts/lessons', Object.fromEntries(Object.entries(fields).map(([name, input]) => [name, input.value])));
        draw();
      } catch (error) { put(said, error.message); }
    };
    return h('form.card.silence-form', { onsubmit: keep }, h('div.row', Object.values(fields)), said, h('div.row', h('button.primary', { type: 'submit' }, t('told.keep'))));
  }

  return { draw };
}

const labels = row => Object.entries(row.labels).filter(([name]) => name !== 'alertname').map(([name, value]) => `${name}=${value}`).join(' ');
