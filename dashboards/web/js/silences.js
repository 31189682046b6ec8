// Silences on the Alerts page: those in force, a form that shows what a new one would hold back before
// it is made, and the button that ends one. Alertmanager's API, so amtool sees the same.

import { h, put, later } from './dom.js';
import { dateTime } from './format.js';
import { t } from './lang.js';
import { empty, failure, pill } from './parts.js';
import { get, post, plain, remove } from './api.js';
import { table } from './table.js';

const hours = 3600_000;
const states = { active: 'ok', pending: 'warn', expired: 'empty' };

/** `{draw(), silence(labels)}` over a section; `changed` is called after a silence came or went. */
export function silences(section, changed) {
  const list = h('div');
  const form = h('div');
  const trouble = h('div');
  put(section, h('div.section-head', h('h2', t('silences.title')),
    h('button.quiet', { type: 'button', onclick: () => open({}) }, t('silences.new'))), trouble, form, list);

  async function draw() {
    try {
      const all = await plain('/api/v2/silences');
      const now = all.filter(one => one.status.state !== 'expired');
      put(trouble);
      put(list, now.length ? h('div.card.flush', table([
        { title: t('silences.state'), text: one => one.status.state, cell: one => pill(states[one.status.state], t('silences.' + one.status.state)) },
        { title: t('silences.matchers'), text: one => one.matchers.map(text).join(', '), cell: one => h('code', one.matchers.map(text).join(', ')) },
        { title: t('silences.until'), value: one => Date.parse(one.endsAt), cell: one => dateTime(Date.parse(one.endsAt)) },
        { title: t('silences.by'), text: one => one.createdBy },
        { title: t('silences.comment'), text: one => one.comment },
        { title: '', text: () => '', cell: one => h('button.quiet', { type: 'button', onclick: () => expire(one) }, t('silences.expire')) },
      ], now, { caption: t('silences.title'), order: [2, 'up'] }))
        : h('div.card', empty(t('silences.none'), t('silences.none_why'))));
    } catch (error) { put(trouble, failure(error, draw)); }
  }

  async function expire(one) {
    try { await remove('/api/v2/silence/' + one.id); } catch (error) { put(trouble, failure(error)); return; }
    await draw();
    changed();
  }

  function open(labels) {
    const known = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ');
    const matchers = h('input', { type: 'text', value: known, placeholder: 'alertname="DiskFull", instance=~"db.*"', 'aria-label': t('silences.matchers') });
    const span = h('select', { 'aria-label': t('silences.for') }, [1, 2, 4, 8, 24, 72, 168].map(n => h('option', { value: n, selected: n === 2 }, t('silences.hours', { count: n }))));
    const author = h('input', { type: 'text', placeholder: t('silences.by'), 'aria-label': t('silences.by') });
    const comment = h('input', { type: 'text', placeholder: t('silences.comment'), 'aria-label': t('silences.comment') });
    const preview = h('p.mute', { role: 'status' });
    const look = later(async () => {
      const filters = split(matchers.value);
      if (!filters.length) { put(preview, t('silences.preview_none')); return; }
      try {
        const { alerts } = await get('/api/martlet/v1/silences/preview', { filter: filters });
        put(preview, t('silences.preview', { count: alerts.length }), alerts.length ? ' ' + alerts.slice(0, 5).map(alert => alert.labels.alertname).join(', ') : '');
      } catch (error) { put(preview, error.message); }
    }, 250);
    const make = async event => {
      event.preventDefault();
      const now = Date.now();
      try {
        await post('/api/v2/silences', {
          matchers: split(matchers.value).map(parse), createdBy: author.value, comment: comment.value,
          startsAt: new Date(now).toISOString(), endsAt: new Date(now + Number(span.value) * hours).toISOString(),
        });
      } catch (error) { put(preview, error.message); return; }
      put(form);
      await draw();
      changed();
    };
    matchers.addEventListener('input', look);
    put(form, h('form.card.silence-form', { onsubmit: make }, matchers, h('div.row', span, author, comment), preview,
      h('div.row', h('button.primary', { type: 'submit' }, t('silences.make')), h('button.quiet', { type: 'button', onclick: () => put(form) }, t('silences.cancel')))));
    look();
    form.scrollIntoView({ block: 'nearest' });
    matchers.focus();
  }

  return { draw, silence: open };
}

const text = m => `${m.name}${m.isRegex ? (m.isEqual ? '=~' : '!~') : m.isEqual ? '=' : '!='}${JSON.stringify(m.value)}`;

/** Splits at commas outside of quotation marks. */
function split(source) {
  return (source.match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) || []).map(part => part.trim()).filter(Boolean);
}

function parse(source) {
  const [, name, sign, raw] = source.match(/^\s*([^=!~\s]+)\s*(=~|!~|!=|=)\s*(.*)$/s) || [];
  const quoted = /^".*"$/s.test(raw || '');
  return { name: name || '', value: quoted ? JSON.parse(raw) : raw || '', isRegex: (sign || '').includes('~'), isEqual: !(sign || '').includes('!') };
}
