// Walks the whole service as a program in another language would: it knows protos/ and nothing else of this repository.
//
//   KEYSERVICE_ADDRESS=127.0.0.1:8081 KEYSERVICE_CREDENTIAL_FILE=data/root-credential node walk.js
//
// The credential must hold every permission in every workspace and `keys:admin`, as the root credential does.
// One line a check, `ok ...` or `FAIL ...`; the exit code is 1 if any failed. No API key and no credential is ever printed.
'use strict';

const crypto = require('node:crypto');
const { Caller, check, mustBe, mustNotContain, finish, keepSecret } = require('./caller');

const caller = new Caller();
const run = crypto.randomBytes(4).toString('hex');
const one = `walk-${run}-one`;
const other = `walk-${run}-other`;
const wait = { seconds: 10 };

async function keyLife() {
  let me, created, key;
  const request = {
    workspace_id: one, name: ` Walk ${run} `, description: 'made by walk.js', environment: 'KEY_ENVIRONMENT_TEST',
    scopes: ['walk.*'], metadata: { team: 'walk' }, request_id: `walk-${run}`,
  };
  const id = () => ({ workspace_id: one, key_id: key.key_id });
  const setStatus = (status, etag) =>
    caller.call('SetStatus', { ...id(), status, etag, reason: 'walk', propagation_wait: wait });
  const validate = () => caller.call('ValidateKey', { api_key: created.api_key, required_scopes: ['walk.read'] });

  await check('GetCaller names the credential and its permissions', async () => {
    me = await caller.call('GetCaller');
    mustBe('form of credential_id', /^key_[0-9a-f]{32}$/.test(me.credential_id), true);
    mustBe('permissions', [...me.permissions].sort(),
      ['keys:admin', 'keys:audit', 'keys:read', 'keys:reveal', 'keys:validate', 'keys:write']);
    mustBe('all_workspaces', me.all_workspaces, true);
  });

  await check('CreateKey returns the key and its API key', async () => {
    created = await caller.call('CreateKey', request);
    key = created.key;
    keepSecret(created.api_key);
    mustBe('form of key_id', /^key_[0-9a-f]{32}$/.test(key.key_id), true);
    mustBe('beginning of api_key', created.api_key.startsWith('ks_test_'), true);
    mustBe('name', key.name, `Walk ${run}`);
    mustBe('status', key.status, 'KEY_STATUS_ENABLED');
    mustBe('recoverable', key.recoverable, true);
    mustBe('end of hint', key.hint.slice(-4), created.api_key.slice(-4));
    mustBe('created_by', key.created_by, me.credential_id);
    mustNotContain('the key', key, created.api_key);
  });

  await check('ListKeys finds the key', async () => {
    const list = await caller.call('ListKeys', { workspace_id: one, query: `WALK ${run}` });
    mustBe('keys', list.keys.map((k) => k.key_id), [key.key_id]);
    mustBe('next_page_token', list.next_page_token, '');
    mustNotContain('the list', list, created.api_key);
  });

  await check('GetKey returns the key', async () => {
    const got = (await caller.call('GetKey', id())).key;
    mustBe('key_id', got.key_id, key.key_id);
    mustBe('etag', got.etag, key.etag);
    mustBe('metadata', got.metadata, { team: 'walk' });
    mustNotContain('the key', got, created.api_key);
  });

  await check('ValidateKey: VALID', async () => {
    const answer = await validate();
    mustBe('verdict', answer.verdict, 'VERDICT_VALID');
    mustBe('key_id', answer.key_id, key.key_id);
    mustBe('workspace_id', answer.workspace_id, one);
    mustBe('environment', answer.environment, 'KEY_ENVIRONMENT_TEST');
    mustBe('scopes', answer.scopes, ['walk.*']);
    mustBe('metadata', answer.metadata, { team: 'walk' });
  });

  await check('ValidateKeys: the same answers, in the order of the questions', async () => {
    const question = { api_key: created.api_key, required_scopes: ['walk.read'] };
    const { responses } = await caller.call('ValidateKeys',
      { requests: [{ api_key: 'x' }, question, { ...question, required_scopes: ['other'] }] });
    mustBe('verdicts', responses.map((r) => r.verdict), ['VERDICT_NOT_FOUND', 'VERDICT_VALID', 'VERDICT_INSUFFICIENT_SCOPE']);
    mustBe('answer to the one', responses[1], await validate());
  });

  await check('SetStatus DISABLED is COMPLETE', async () => {
    const answer = await setStatus('KEY_STATUS_DISABLED', key.etag);
    mustBe('status', answer.key.status, 'KEY_STATUS_DISABLED');
    mustBe('status_reason', answer.key.status_reason, 'walk');
    mustBe('propagation.state', answer.propagation.state, 'PROPAGATION_STATE_COMPLETE');
    mustBe('replicas_pending', answer.propagation.replicas_pending, 0);
  });

  await check('ValidateKey: DISABLED, and nothing but key_id and revision', async () => {
    const answer = await validate();
    mustBe('verdict', answer.verdict, 'VERDICT_DISABLED');
    mustBe('key_id', answer.key_id, key.key_id);
    mustBe('workspace_id', answer.workspace_id, '');
    mustBe('name', answer.name, '');
    mustBe('scopes', answer.scopes, []);
  });

  await check('SetStatus ENABLED is COMPLETE', async () => {
    const answer = await setStatus('KEY_STATUS_ENABLED', '');
    mustBe('status', answer.key.status, 'KEY_STATUS_ENABLED');
    mustBe('propagation.state', answer.propagation.state, 'PROPAGATION_STATE_COMPLETE');
  });

  await check('ValidateKey: VALID again', async () => {
    mustBe('verdict', (await validate()).verdict, 'VERDICT_VALID');
  });

  await check('RevealKey returns the same API key', async () => {
    const { api_key } = await caller.call('RevealKey', id(), { actor: 'walk.js' });
    keepSecret(api_key);
    mustBe('same api_key', api_key === created.api_key, true);
  });

  await check('ListAuditEvents shows what was done, newest first', async () => {
    const { events } = await caller.call('ListAuditEvents', id());
    mustBe('actions', events.map((e) => e.action), ['RevealKey', 'SetStatus', 'SetStatus', 'CreateKey']);
    mustBe('actors', [...new Set(events.map((e) => e.actor))], [me.credential_id]);
    mustBe('on_behalf_of of the reveal', events[0].on_behalf_of, 'walk.js');
    mustBe('status of the changes', events.slice(1, 3).map((e) => [e.before.status, e.after.status]), [
      ['KEY_STATUS_DISABLED', 'KEY_STATUS_ENABLED'], ['KEY_STATUS_ENABLED', 'KEY_STATUS_DISABLED']]);
    const numbers = events.map((e) => Number(e.sequence));
    mustBe('order', numbers, [...numbers].sort((a, b) => b - a));
    mustNotContain('the trail', events, created.api_key);
  });

  await check('CreateKey with the same request_id returns the same key', async () => {
    const again = await caller.call('CreateKey', request);
    keepSecret(again.api_key);
    mustBe('key_id', again.key.key_id, key.key_id);
    mustBe('same api_key', again.api_key === created.api_key, true);
  });

  return { key, created };
}

async function errors({ key, created }) {
  const get = { workspace_id: one, key_id: key.key_id };

  await caller.refused('INVALID_ARGUMENT', 'INVALID_FIELD', 'CreateKey',
    { workspace_id: one, name: '', scopes: ['fine', 'CAPITALS'], allowed_addresses: ['10.0.0.1/8'] },
    { violations: ['allowed_addresses[0]', 'name', 'scopes[1]'] });
  await caller.refused('INVALID_ARGUMENT', 'INVALID_FIELD', 'ValidateKeys',
    { requests: [{ api_key: 'x' }, { api_key: 'x', workspace_id: 'no where' }] }, { violations: ['requests[1].workspace_id'] });
  await caller.refused('INVALID_ARGUMENT', 'INVALID_PAGE_TOKEN', 'ListKeys', { workspace_id: one, page_token: 'x' },
    { note: 'with a token that is none' });
  await caller.refused('UNAUTHENTICATED', 'NO_CREDENTIAL', 'GetCaller', {}, { credential: null });
  await caller.refused('UNAUTHENTICATED', 'BAD_CREDENTIAL', 'GetCaller', {}, { credential: 'x' });
  await caller.refused('UNAUTHENTICATED', 'BAD_CREDENTIAL', 'GetCaller', {},
    { credential: created.api_key, note: 'with the API key of a workspace other than system' });
  await caller.refused('NOT_FOUND', 'KEY_NOT_FOUND', 'GetKey', { ...get, workspace_id: other },
    { note: 'of a key in another workspace' });
  await caller.refused('ABORTED', 'STALE_ETAG', 'SetStatus', { ...get, status: 'KEY_STATUS_DISABLED', etag: key.etag });
  await caller.refused('ALREADY_EXISTS', 'REQUEST_ID_REUSED', 'CreateKey',
    { workspace_id: one, name: 'another name', request_id: `walk-${run}` });
  await caller.refused('RESOURCE_EXHAUSTED', 'MESSAGE_TOO_LARGE', 'CreateKey',
    { workspace_id: one, name: 'x'.repeat(5_000_000) }, { note: 'of 5 MB' });

  await check('CreateKey makes a key that cannot be shown again', async () => {
    const shown = await caller.call('CreateKey', { workspace_id: one, name: 'shown once', non_recoverable: true });
    keepSecret(shown.api_key);
    mustBe('recoverable', shown.key.recoverable, false);
    get.key_id = shown.key.key_id;
  });
  await caller.refused('FAILED_PRECONDITION', 'NOT_RECOVERABLE', 'RevealKey', get, { preconditions: 1 });

  let token;
  await check('ListKeys goes on where the page before ended, newest first', async () => {
    const first = await caller.call('ListKeys', { workspace_id: one, page_size: 1 });
    token = first.next_page_token;
    const second = await caller.call('ListKeys', { workspace_id: one, page_size: 1, page_token: token });
    mustBe('keys', [...first.keys, ...second.keys].map((k) => k.key_id), [get.key_id, key.key_id]);
    mustBe('next_page_token of the last page', second.next_page_token, '');
  });
  await caller.refused('INVALID_ARGUMENT', 'INVALID_PAGE_TOKEN', 'ListKeys',
    { workspace_id: other, page_size: 1, page_token: token }, { note: 'with the token of another workspace' });

  let reader;
  await check('CreateKey in workspace system makes a credential for one workspace', async () => {
    const made = await caller.call('CreateKey',
      { workspace_id: 'system', name: `reader ${run}`, scopes: ['keys:read'], permitted_workspaces: [one] });
    reader = keepSecret(made.api_key);
    const me = await caller.call('GetCaller', {}, { credential: reader });
    mustBe('credential_id', me.credential_id, made.key.key_id);
    mustBe('permissions', me.permissions, ['keys:read']);
    mustBe('workspaces', me.workspaces, [one]);
    mustBe('all_workspaces', me.all_workspaces, false);
  });
  await check('ListKeys with that credential', async () => {
    const { keys } = await caller.call('ListKeys', { workspace_id: one }, { credential: reader });
    mustBe('lists the key', keys.some((k) => k.key_id === key.key_id), true);
  });
  await caller.refused('PERMISSION_DENIED', 'MISSING_PERMISSION', 'CreateKey', { workspace_id: one, name: 'no' },
    { credential: reader, note: 'without keys:write' });
  await caller.refused('PERMISSION_DENIED', 'MISSING_PERMISSION', 'ListKeys', { workspace_id: other },
    { credential: reader, note: 'in a workspace that the credential does not permit' });
}

keyLife().then(errors).catch((e) => check('the walk reaches its end', () => { throw e; })).finally(() => finish(caller));
