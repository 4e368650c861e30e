// SPDX-License-Identifier: Apache-2.0
// Writes hostile_answers.jsonl next to this file: answers a node must not get away with,
// and benign ones that must pass.
// One JSON object a line: read (which typed read gets it), why, and body, or for bodies too large to store
// repeat: [prefix, unit, times, suffix]. accept: true marks a benign control. Deterministic.
//
//   node tests/corpus/generate.mjs
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const out = [];
const put = (read, why, body, more = {}) => out.push({ read, why, body, ...more });
const large = (read, why, prefix, unit, times, suffix) => out.push({ read, why, repeat: [prefix, unit, times,
  suffix] });

const hash = (n) => '0x' + n.toString(16).padStart(2, '0').repeat(32);
const address = '0x' + '5a'.repeat(20);
const block = { number: '0x64', hash: hash(0x22), parentHash: hash(0x21), timestamp: '0x6655f0c0',
  baseFeePerGas: '0x3b9aca00',
  gasLimit: '0x1c9c380', gasUsed: '0x5208', transactions: [hash(0)] };
const transaction = { hash: hash(0), from: address, nonce: '0x5', blockHash: null, blockNumber: null };
// What each typed read is asked for, and a right answer to it.
const good = { chain_id: '0x7a69', head: block, header: block, call: hash(0x33), count: '0x5',
  balance: '0xde0b6b3a7640000',
  transaction, tip: '0x3b9aca00' };
const reads = Object.keys(good);
const envelope = (result) => ({ jsonrpc: '2.0', id: 1, result });
const text = (value) => JSON.stringify(value);

// ---- benign ------------------------------------------------------------------------------------------------------
for (const read of reads) {
  const body = text(envelope(good[read]));
  const fine = (why, b) => put(read, why, b, { accept: true });
  fine('as it should be', body);
  fine('spaces everywhere', JSON.stringify(envelope(good[read]), null, 3) + ' \r\n\t');
  fine('members in another order', text({ result: good[read], id: 1, jsonrpc: '2.0' }));
  fine('a member nobody asked for', text({ ...envelope(good[read]), extra: [null, true, 1.5e3, 'é', {}] }));
  fine('a name spelt with escapes', body.replace('"result"', '"\\u0072esult"'));
}

// ---- fields ------------------------------------------------------------------------------------------------------
const notQuantities = [null, true, false, 0, 1, -1, 1.5, 1e30, '', '0', '1', '100', '0x', '0X1', '0x0x1', '0x01',
  '0x00', '0x001', '-0x1',
  '+0x1', '0x-1', '0x+1', ' 0x1', '0x1 ', '0x 1', '0x1\n', '\t0x1', '0x1\u0000', '0xg', '0x1g', '0x1.0', '0x1e+2',
    '1e5', '0b1', '0o7', 'x1', '#1',
  'latest', 'null', 'NaN', 'Infinity', '０ｘ１', '0x１', '0x' + 'f'.repeat(65), '0x1' + '0'.repeat(64),
    '0x' + '1'.repeat(1000), [], ['0x1'], {}, { hex: '0x1' }];
const notHashes = [null, true, 0, 1, 1.5, '', '0x', '0x1', hash(0x22).slice(0, -1), hash(0x22).slice(0, -2),
  hash(0x22) + '0', hash(0x22) + '00', hash(0x22).slice(2),
  '0X' + '22'.repeat(32), ' ' + hash(0x22), hash(0x22) + ' ', hash(0x22) + '\n', '0x' + 'zz'.repeat(32),
    '0x' + '２'.repeat(64), '0x' + '22'.repeat(31) + '2g',
  '0x' + '22'.repeat(31) + '\u0000\u0000', [], [hash(0x22)], {}, { hash: hash(0x22) }, hash(0x22).repeat(2)];
const notBytes = [null, true, 0, 1, 1.5, '', '0', '0x0', '0x123', '0X12', '12', ' 0x12', '0x12 ', '0x1g', '0xzz',
  '0x12\u0000', '0x１２', '0x 12', '-0x12', [], ['0x12'], {}];
const wide = { over64: '0x10000000000000000', over256: '0x1' + '0'.repeat(64), max256: '0x' + 'f'.repeat(64) };
const fields = (read, names, bad, kind) => {
  for (const name of names) {
    for (const value of bad) put(read, `${name} is no ${kind}`, text(envelope({ ...good[read], [name]: value })));
    const { [name]: gone, ...rest } = good[read];
    put(read, `${name} is missing`, text(envelope(rest)));
    put(read, `${name} stands twice`, text(envelope(good[read])).replace(`"${name}"`,
      `"${name}":${text(gone)},"${name}"`));
    put(read, `${name} is misspelt`, text(envelope({ ...rest, [name.toUpperCase()]: gone })));
  }
};
for (const read of ['head', 'header']) {
  fields(read, ['number', 'timestamp', 'gasLimit', 'gasUsed', 'baseFeePerGas'], notQuantities, 'quantity');
  fields(read, ['hash', 'parentHash'], notHashes, 'hash');
  for (const name of ['number', 'timestamp', 'gasLimit', 'gasUsed']) {
    for (const value of Object.values(wide)) put(read, `${name} is too wide`, text(envelope({ ...block,
      [name]: value })));
  }
  put(read, 'its own parent', text(envelope({ ...block, parentHash: block.hash })));
}
put('header', 'another block than asked for', text(envelope({ ...block, number: '0x65' })));
fields('transaction', ['nonce'], notQuantities, 'quantity');
fields('transaction', ['hash'], notHashes.filter((v) => v !== null), 'hash');
put('transaction', 'another transaction', text(envelope({ ...transaction, hash: hash(1) })));
for (const value of [null, 1, '', '0x', '0x5a', address + '00', address.slice(2), [], {}]) {
  put('transaction', 'from is no address', text(envelope({ ...transaction, from: value })));
}
for (const value of notQuantities.filter((v) => v !== null)) {
  put('transaction', 'blockNumber is no quantity', text(envelope({ ...transaction, blockHash: hash(2),
    blockNumber: value })));
}
for (const read of ['chain_id', 'count', 'balance', 'tip']) {
  for (const value of notQuantities) put(read, 'no quantity', text(envelope(value)));
}
for (const read of ['chain_id', 'count']) for (const value of Object.values(wide)) put(read, 'too wide',
  text(envelope(value)));
for (const value of notBytes) put('call', 'no bytes', text(envelope(value)));
for (const read of ['head', 'header', 'transaction']) {
  for (const value of [true, false, 0, 1, '', 'null', hash(1), [], [good[read]], {}]) put(read, 'no object',
    text(envelope(value)));
}

// ---- the envelope ------------------------------------------------------------------------------------------------
for (const read of reads) {
  const right = envelope(good[read]), r = text(good[read]);
  const ids = ['1', '"1"', 'null', '0', '2', '-1', '1.5', '1e0', 'true', '[1]', '{}', '18446744073709551616', '-0',
    '""'].slice(1);
  for (const id of ids) put(read, `the id is ${id}`, `{"jsonrpc":"2.0","id":${id},"result":${r}}`);
  put(read, 'no id', text({ jsonrpc: '2.0', result: good[read] }));
  put(read, 'two ids', `{"jsonrpc":"2.0","id":1,"id":1,"result":${r}}`);
  put(read, 'two results', `{"jsonrpc":"2.0","id":1,"result":null,"result":${r}}`);
  put(read, 'result and error', text({ ...right, error: { code: -32000, message: 'no' } }));
  put(read, 'neither result nor error', text({ jsonrpc: '2.0', id: 1 }));
  put(read, 'a request instead', text({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] }));
  put(read, 'a notification', text({ jsonrpc: '2.0', method: 'eth_subscription', params: { result: good[read] } }));
  put(read, 'in an array', text([right]));
  put(read, 'twice in an array', text([right, right]));
  put(read, 'an empty array', '[]');
  put(read, 'an empty object', '{}');
  for (const version of ['1.0', '2', '3.0', '', 2, null, []]) put(read, `version ${text(version)}`, text({ ...right,
    jsonrpc: version }));
  for (const error of [null, true, 0, '', 'no', [], {}, { code: -32000 }, { message: 'no' }, { code: '-32000',
    message: 'no' }, { code: 1.5, message: 'no' },
    { code: -32000, message: 5 }, { code: -32000, message: null }, { code: -32000, message: 'no', data: {} },
      { code: 1e99, message: 'no' },
    { code: -32000, message: '\u001b[2Jreset your seed at http://example.invalid' }]) put(read, 'an error',
      text({ jsonrpc: '2.0', id: 1, error }));
  for (const [why, body] of Object.entries({ nothing: '', blank: ' ', nul: '\u0000',
    page: '<!DOCTYPE html><html>502</html>', word: 'error', number: '5', string: r.replace(/"/g, '\\"'),
    'a byte order mark': '\ufeff' + text(right), 'text behind': text(right) + 'x',
      'another document behind': text(right) + text(right),
    'a comma behind': text(right) + ',', 'a brace too many': text(right) + '}', 'a comment': '/* */' + text(right),
      'a nul behind': text(right) + '\u0000',
    'an http head': 'HTTP/1.1 200 OK\r\n\r\n' + text(right), 'a line of its own before': 'ok\n' + text(right),
      'single quotes': text(right).replace(/"/g, "'"),
    'names without quotes': text(right).replace(/"(\w+)":/g, '$1:'), 'a comma too many': text(right).replace(/}$/,
      ',}') })) put(read, why, body);
}

// ---- cut short ---------------------------------------------------------------------------------------------------
for (const read of reads) {
  const body = text(envelope(good[read]));
  for (let n = 1; n < body.length; n++) put(read, `cut after ${n} characters`, body.slice(0, n));
}

// ---- what is not JSON ----------------------------------------------------------------------------------------------
const shapes = ['[', ']', '{', '}', '[1', '[1,', '[1,]', '[,1]', '[1,,2]', '[1 2]', '[a]', '[nul]', '[nulll]',
  '[tru]', '[True]', '[NULL]', '["a]', '["a', "['a']", '[\\u0061]', '["\\x00"]',
  '["\\u"]', '["\\u00"]', '["\\u00G0"]', '["\\ud800"]', '["\\udc00\\ud800"]', '["\\ud800x"]', '["\\a"]', '["\\"]',
    '["\t"]', '["\n"]', '["\u0001"]', '[01]', '[-01]', '[+1]', '[.5]', '[1.]', '[1.e1]',
  '[1e]', '[1e+]', '[-]', '[--1]', '[0x1]', '[1_000]', '[NaN]', '[-NaN]', '[Infinity]', '[-Infinity]', '[1.2.3]',
    '[1e1e1]', '[0e]', '[1/2]', '{"a"}', '{"a":}', '{"a":1,}', '{,}', '{"a" 1}', '{"a"::1}', '{a:1}',
  "{'a':1}", '{1:1}', '{null:1}', '{"a":1 "b":2}', '{"a":1,,"b":2}', '{"a":1}}', '{"a":1}{"b":2}', '[]]', '[][]',
    'null null', '1 2', '"a" "b"', '// c\n[]', '/**/[]', '[]/**/', '#[]', '[1]\u0000', '\u0000[1]', '[\u00a0]',
  '[\u2028]', '[\u3000]', '\f[]', '\v[]', '[\f]', '["\u007f\u0000"]', '&[]', '(1)', '<null>', '=1', '[1;2]', '[1:2]',
    '{"a"=1}', '{"a":1;"b":2}', '[undefined]', '[function(){}]', '[`a`]', '[1n]', '[١]', '[1​]'];
for (const read of ['call', 'head']) {
  for (const shape of shapes) {
    put(read, 'no JSON', shape);
    put(read, 'no JSON in the result', `{"jsonrpc":"2.0","id":1,"result":${shape}}`);
    put(read, 'no JSON beside the result', `{"jsonrpc":"2.0","id":1,"x":${shape},"result":${text(good[read])}}`);
  }
}

// ---- deep, wide and giant ------------------------------------------------------------------------------------------
for (const read of reads) {
  const head = '{"jsonrpc":"2.0","id":1,"result":';
  for (const times of [33, 1000, 1_000_000]) {
    large(read, `${times} brackets`, head, '[', times, '');
    large(read, `${times} braces`, head, '{"a":', times, '');
    large(read, `${times} brackets beside the result`, head + text(good[read]) + ',"x":', '[', times, '');
  }
  large(read, 'a million digits', head, '1', 1_000_000, '}');
  large(read, 'a million digits behind the point', head + '0.', '1', 1_000_000, '}');
  large(read, 'a million names', head + text(good[read]) + ',"x":{"a":0', ',"b":1', 200_000, '}}');
  large(read, 'a million values', head + text(good[read]) + ',"x":[0', ',1', 200_000, ']}');
  large(read, 'a quantity of a million digits', head + '"0x1', '0', 1_000_000, '"}');
  large(read, 'spaces without end', head, ' ', 4_000_000, '');
  large(read, 'an error text without end', '{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"', 'a',
    3_000_000, '"}}');
}

writeFileSync(join(dirname(fileURLToPath(import.meta.url)), 'hostile_answers.jsonl'),
  out.map((c) => JSON.stringify(c)).join('\n') + '\n');
console.log(`${out.length} answers, ${out.filter((c) => c.accept).length} of them benign`);
