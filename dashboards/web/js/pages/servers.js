// Model servers: what boards/servers.json says over the figures that every kind of server is brought to,
// or, when none is connected, how to connect one. A server that was not found is told with its reason.

import { get } from '../api.js';
import { board } from '../board.js';
import { h, put } from '../dom.js';
import { t } from '../lang.js';
import { command, empty, notice, skeleton } from '../parts.js';
import { list } from '../said.js';

export async function open(place) {
  const trouble = h('div');
  const body = h('div.model-page');
  let shown = null;
  let closed = false;

  async function update() {
    const servers = list((await get('/api/martlet/v1/models')).servers);
    put(trouble, servers.filter(one => !one.kind).map(one => notice('warn', t('servers.lost', { model: one.model, fault: one.fault || one.url }))));
    if (!servers.length) {
      put(body, h('section.card', empty(t('servers.none'), t('servers.none_why'), command('martlet connect model chat http://127.0.0.1:8000'),
        h('p.mute', t('servers.none_file')), command('models: [{name: chat, server: "http://127.0.0.1:8000"}]'))));
      return;
    }
    if (shown) return shown.update();
    shown = await board(body, 'servers');
    if (closed) shown.end();
  }

  put(place, trouble, body);
  put(body, skeleton(6));
  await update();
  return {
    update,
    close() {
      closed = true;
      shown?.end();
    },
  };
}
