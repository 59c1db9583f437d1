// What walk.js is told with: calls, the details of an error, and one printed line a check.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { isDeepStrictEqual } = require('node:util');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');
const protobuf = require('protobufjs');

const protos = path.resolve(__dirname, '../../../protos');
const deadline = 20_000; // milliseconds a call may take

const secrets = new Set();
let failures = 0;

// Remembers what must not be printed, whatever happens.
function keepSecret(text) {
  if (text) secrets.add(text);
  return text;
}

function print(line) {
  for (const secret of secrets) line = line.replaceAll(secret, '[secret]');
  console.log(line.replace(/\bks_(live|test)_[A-Za-z0-9_-]{8,}/g, '[secret]'));
}

async function check(name, body) {
  try {
    await body();
    print(`ok ${name}`);
  } catch (e) {
    failures++;
    const info = e.code === undefined ? null : detailsOf(e).info;
    print(`FAIL ${name}: ${info ? `${grpc.status[e.code]} ${info.reason}: ` : ''}${e.message}`);
  }
}

function mustBe(what, is, expected) {
  if (!isDeepStrictEqual(is, expected)) {
    throw new Error(`${what} is ${JSON.stringify(is)}, expected ${JSON.stringify(expected)}`);
  }
}

function mustNotContain(what, message, secret) {
  if (JSON.stringify(message).includes(secret)) throw new Error(`${what} contains the API key`);
}

// google.rpc.Status and the error details, as any client vendors them. They are not part of the contract's own protos.
const rpc = protobuf.loadSync(['status', 'error_details'].map((f) => path.join(__dirname, `google/rpc/${f}.proto`)));

// The details of a failed call by name (ErrorInfo, BadRequest, ...), and `info`, the ErrorInfo, or null.
function detailsOf(error) {
  const [bytes] = error.metadata?.get('grpc-status-details-bin') ?? [];
  if (!bytes) return { info: null };
  const status = rpc.lookupType('google.rpc.Status').decode(bytes);
  const details = { code: status.code };
  for (const { type_url, value } of status.details) {
    const name = type_url.slice('type.googleapis.com/'.length);
    details[name.split('.').pop()] = rpc.lookupType(name).decode(value);
  }
  return { ...details, info: details.ErrorInfo ?? null };
}

class Caller {
  constructor() {
    const address = process.env.KEYSERVICE_ADDRESS;
    const file = process.env.KEYSERVICE_CREDENTIAL_FILE;
    if (!address || !file) {
      console.log('FAIL set KEYSERVICE_ADDRESS (host:port) and KEYSERVICE_CREDENTIAL_FILE');
      process.exit(1);
    }
    this.credential = keepSecret(fs.readFileSync(file, 'utf8').trim());
    const definition = loader.loadSync('keyservice/v1/api_key_service.proto',
      { includeDirs: [protos], keepCase: true, longs: String, enums: String, defaults: true });
    const { ApiKeyService } = grpc.loadPackageDefinition(definition).keyservice.v1;
    this.client = new ApiKeyService(address, grpc.credentials.createInsecure());
  }

  // The response, or the gRPC error as an exception. Options: `credential` (null for none), `actor`.
  call(method, request = {}, { credential = this.credential, actor } = {}) {
    const metadata = new grpc.Metadata();
    if (credential !== null) metadata.set('authorization', `Bearer ${credential}`);
    if (actor) metadata.set('x-keyservice-actor', actor);
    return new Promise((resolve, reject) =>
      this.client[method](request, metadata, { deadline: Date.now() + deadline },
        (error, response) => (error ? reject(error) : resolve(response))));
  }

  // The check that a call fails with this status and reason. `violations`: the fields that BadRequest names, sorted;
  // `preconditions`: how many violations PreconditionFailure lists; `note`: for the printed line.
  refused(status, reason, method, request, { violations, preconditions, note = '', ...how } = {}) {
    return check(`${status} ${reason}: ${method} ${note}`.trim(), async () => {
      let error;
      try {
        keepSecret((await this.call(method, request, how)).api_key);
      } catch (e) {
        error = e;
      }
      if (!error) throw new Error('the call succeeded');
      const details = detailsOf(error);
      mustBe('status', grpc.status[error.code], status);
      if (!details.info) throw new Error('no google.rpc.ErrorInfo in grpc-status-details-bin');
      mustBe('code in the details', details.code, error.code);
      mustBe('reason', details.info.reason, reason);
      mustBe('domain', details.info.domain, 'keyservice');
      mustBe('a secret in the message', [...secrets].some((secret) => error.details.includes(secret)), false);
      if (violations) mustBe('fields', (details.BadRequest?.fieldViolations ?? []).map((v) => v.field).sort(), violations);
      if (preconditions) mustBe('precondition violations', details.PreconditionFailure?.violations.length, preconditions);
    });
  }
}

function finish(caller) {
  caller.client.close();
  process.exitCode = failures > 0 ? 1 : 0;
}

module.exports = { Caller, check, mustBe, mustNotContain, finish, keepSecret };
