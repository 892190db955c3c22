// Clients of Node.js: the same cases as python_clients.py, by `node:http` and by `fetch`.
import http from 'node:http';
import readline from 'node:readline';
import { Readable } from 'node:stream';

const [client, kind, url, ...rest] = process.argv.slice(2);
const part = Buffer.alloc(65536, 'x');
const parts = 128;
const late = [];
process.on('uncaughtException', (error) => late.push(error.code));

function* body() {
  for (let n = 0; n < parts; n++) yield part;
}

const name = (error) => error.cause?.code ?? error.code ?? error.name;

const uploads = {
  http: (mode, host) =>
    new Promise((done) => {
      const headers = mode === 'length' ? { 'content-length': part.length * parts } : {};
      if (host) headers.host = host;
      const options = { method: 'POST', headers, signal: AbortSignal.timeout(5000) };
      const request = http.request(url, options, (response) => {
        response.resume();
        response.on('end', () => done(response.statusCode));
      });
      request.on('error', (error) => done(name(error)));
      Readable.from(body()).pipe(request);
    }),
  // It takes no other Host.
  fetch: async (mode) => {
    const signal = AbortSignal.timeout(5000);
    const options = { method: 'POST', body: Buffer.concat([...body()]), signal };
    if (mode !== 'length') Object.assign(options, { body: Readable.from(body()), duplex: 'half' });
    try {
      const response = await fetch(url, options);
      await response.arrayBuffer();
      return response.status;
    } catch (error) {
      return name(error);
    }
  },
};

const streams = {
  http: () =>
    new Promise((done, failed) => {
      const request = http.request(url, { method: 'POST' }, done);
      request.on('error', failed);
      request.end(rest[0]);
    }),
  fetch: async () => Readable.fromWeb((await fetch(url, { method: 'POST', body: rest[0] })).body),
};

if (kind === 'lines') {
  let count = 0;
  for await (const _ of readline.createInterface({ input: await streams[client]() })) count++;
  console.log(count);
} else {
  const [times, mode, host] = rest;
  const seen = [];
  for (let n = 0; n < times; n++) seen.push(await uploads[client](mode, host));
  console.log(...seen, ...late);
}
